import { createFetchTransport } from './fetch.ts'
import type { Transport, TransportModule, TransportOptions } from './transport.ts'

export const unsupported: TransportModule['unsupported'] = []

/** The part of Deno that is used here. */
interface DenoHttp {
  readonly createHttpClient: (options: object) => object
}

export async function createTransport(options: TransportOptions): Promise<Transport> {
  const { createHttpClient } = (globalThis as unknown as { Deno: DenoHttp }).Deno
  const tls = options.tls
  const shared = {
    ...(tls?.ca === undefined ? {} : { caCerts: [tls.ca].flat() }),
    ...(tls?.cert === undefined ? {} : { cert: tls.cert, key: tls.key }),
    ...(typeof options.proxy === 'string' ? { proxy: { url: options.proxy } } : {}),
  }
  const kept = createHttpClient(shared)
  const fresh = createHttpClient({ ...shared, poolMaxIdlePerHost: 0 })
  return createFetchTransport({
    fetch: (input, init) => globalThis.fetch(input, init),
    poolSize: options.poolSize,
    init: (request) => ({ client: request.fresh ? fresh : kept }),
  })
}
