import { createFetchTransport } from './fetch.ts'
import type { Transport, TransportModule } from './transport.ts'

export const unsupported: TransportModule['unsupported'] = ['tls', 'proxy']

/** The browser owns its connections, so a pool size means nothing here. */
export async function createTransport(): Promise<Transport> {
  return createFetchTransport({ fetch: (input, init) => globalThis.fetch(input, init), poolSize: null })
}
