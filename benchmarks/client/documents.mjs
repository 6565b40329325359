// What the service of the benchmarks answers: users with one project and seven resources each, about a kilobyte.

const UNLIMITED = '9223372036854775807'
const RESOURCES = [
  'cyclades.vm',
  'cyclades.cpu',
  'cyclades.ram',
  'cyclades.disk',
  'cyclades.floating_ip',
  'cyclades.network.private',
  'pithos.diskspace',
]

export const uuid = (number) => `b3de8eb0-3958-477e-8a59-${number.toString(16).padStart(12, '0')}`

/** A user's quotas; `share` of the limits are unlimited. */
function quotasOf(user, share) {
  const quota = (resource, index) => {
    const isUnlimited = ((user * 7 + index) * 7919) % 100 < share * 100
    const limit = isUnlimited ? UNLIMITED : String(1024 * (index + 1))
    return `"${resource}": {"limit": ${limit}, "usage": ${index}, "pending": 0, "project_limit": ${limit}, "project_usage": ${index + 3}, "project_pending": 0}`
  }
  return `{"${uuid(user)}": {${RESOURCES.map(quota).join(', ')}}}`
}

/** One member of `service_quotas`. */
export const entryOf = (user, share) => `"${uuid(user)}": ${quotasOf(user, share)}`

/** `service_quotas` of so many megabytes, as a text from the network is: flat, one byte a character. */
export function serviceQuotasText(megabytes, share) {
  const entries = Array.from({ length: Math.ceil((megabytes * 1e6) / (entryOf(0, share).length + 2)) }, (_, user) =>
    entryOf(user, share),
  )
  return Buffer.from(`{${entries.join(', ')}}`).latin1Slice()
}

export const quotasText = quotasOf(1, 0.5)
export const namesText = JSON.stringify({ uuid_catalog: { [uuid(1)]: 'alice@example.org' }, displayname_catalog: {} })
