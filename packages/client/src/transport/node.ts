import { BadValue } from '../errors.ts'
import type { Transport, TransportModule, TransportOptions } from './transport.ts'

export const unsupported: TransportModule['unsupported'] = []

const PROXIES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY']

/** A pool or a proxy needs undici; else node:http will do, which loads in a tenth of the time. */
export async function createTransport(options: TransportOptions): Promise<Transport> {
  const named = options.proxy === undefined && PROXIES.some(isNamed)
  if (options.poolSize !== null || typeof options.proxy === 'string' || named) {
    const { createUndiciTransport } = await import('./undici.ts')
    return createUndiciTransport({ ...options, proxy: options.proxy ?? (named ? undefined : false) })
  }
  const { createNodeHttpTransport } = await import('./node-http.ts')
  return createNodeHttpTransport(options)
}

/** @throws {BadValue} The message never repeats the URL, which might hold a password. */
function isNamed(name: string): boolean {
  const url = process.env[name]
  if (url === undefined || url === '') return false
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new BadValue('proxy', `is no http or https URL in the environment, ${name}`)
  return true
}
