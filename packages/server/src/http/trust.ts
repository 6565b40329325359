import { BlockList, isIPv4 } from 'node:net'

/** Whether an address is that of a proxy whose word counts. */
export type Trust = (address: string | undefined) => boolean

/** @param networks addresses and networks, checked before: `10.0.0.0/8`, `::1`. */
export function trustOf(networks: readonly string[]): Trust {
  if (networks.length === 0) return () => false
  const trusted = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const family = isIPv4(address) ? 'ipv4' : 'ipv6'
    if (bits === undefined) trusted.addAddress(address, family)
    else trusted.addSubnet(address, Number(bits), family)
  }
  return (address) => {
    if (address === undefined) return false
    // How a listener for both families writes the older one.
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
    return trusted.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6')
  }
}
