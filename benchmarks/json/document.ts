const RESOURCES = [
  'astakos.pending_app',
  'cyclades.cpu',
  'cyclades.disk',
  'cyclades.floating_ip',
  'cyclades.network.private',
  'cyclades.ram',
  'cyclades.total_cpu',
  'cyclades.total_ram',
  'cyclades.vm',
  'pithos.diskspace',
]

/**
 * The text of a `service_quotas` document, written as the original service writes it (`", "` and `": "`).
 *
 * @param bytes its size, about.
 * @param unlimited which share of its limits is 9223372036854775807.
 */
export function quotasText(bytes: number, unlimited: number): string {
  const random = generator(42)
  const below = (bound: number): number => Math.floor(random() * bound)
  const hex = (digits: number): string => Array.from({ length: digits }, () => below(16).toString(16)).join('')
  const uuid = (): string => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`
  const quantity = (resource: string): number => (/ram|disk/.test(resource) ? below(64) * 2 ** 30 : below(40))
  const limit = (resource: string): string =>
    random() < unlimited ? '9223372036854775807' : String(quantity(resource))
  const quota = (resource: string): string =>
    `"${resource}": {"project_usage": ${quantity(resource)}, "usage": ${quantity(resource)}, ` +
    `"project_limit": ${limit(resource)}, "project_pending": 0, "limit": ${limit(resource)}, "pending": 0}`
  const users: string[] = []
  for (let length = 0; length < bytes; length += users.at(-1)?.length ?? 0) {
    const user = uuid()
    const projects = random() < 0.5 ? [user] : [user, uuid()]
    users.push(`"${user}": {${projects.map((id) => `"${id}": {${RESOURCES.map(quota).join(', ')}}`).join(', ')}}`)
  }
  // Decoded, as a text from the network is: one flat string.
  return new TextDecoder().decode(new TextEncoder().encode(`{${users.join(', ')}}`))
}

/** The same numbers in every run. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
