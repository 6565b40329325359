import { createFetchTransport } from './fetch.ts'
import type { Transport, TransportModule, TransportOptions } from './transport.ts'

export const unsupported: TransportModule['unsupported'] = []

export async function createTransport(options: TransportOptions): Promise<Transport> {
  return createFetchTransport({
    fetch: (input, init) => globalThis.fetch(input, init),
    poolSize: options.poolSize,
    init: (request) => ({
      ...(options.tls ? { tls: options.tls } : {}),
      ...(options.proxy === undefined ? {} : { proxy: options.proxy === false ? '' : options.proxy }),
      ...(request.fresh ? { keepalive: false } : {}),
    }),
  })
}
