import type { Transport, TransportModule, TransportOptions } from './transport.ts'

export const unsupported: TransportModule['unsupported'] = []

/** A pool or a proxy needs undici; else node:http will do, which loads in a tenth of the time. */
export async function createTransport(options: TransportOptions): Promise<Transport> {
  const named = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'].some((name) => Boolean(process.env[name]))
  if (options.poolSize !== null || typeof options.proxy === 'string' || (options.proxy === undefined && named)) {
    const { createUndiciTransport } = await import('./undici.ts')
    return createUndiciTransport({ ...options, proxy: options.proxy ?? (named ? undefined : false) })
  }
  const { createNodeHttpTransport } = await import('./node-http.ts')
  return createNodeHttpTransport(options)
}
