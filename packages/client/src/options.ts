import { booleanOf, countOf, headersOf, kindOf, listOf, objectOf, signalOf, stringOf } from './arguments.ts'
import { BadValue } from './errors.ts'
import { unsupported } from '#transport'
import type { TlsOptions } from './transport/transport.ts'

type Opt<T> = T | undefined

/** `console` fits. */
export interface Logger {
  debug(message: string, fields?: object): void
  warn(message: string, fields?: object): void
}

export interface ClientOptions {
  /** Additional attempts, where a second one can't do harm. @default 0 */
  readonly retry?: Opt<number>
  /** Own keep-alive pool instead of the runtime's. Ignored in browsers. @default false */
  readonly usePool?: Opt<boolean>
  /** Connections per origin, with `usePool`. @default 8 */
  readonly poolSize?: Opt<number>
  /** `console` fits. Never sees a token, secret or password. @default null */
  readonly logger?: Opt<Logger | null>
  /** For every request; copied. `X-Auth-Token`, `Content-Length`, `Host` and those of the connection are refused with BadValue. */
  readonly headers?: Opt<Readonly<Record<string, string>>>
  /** The whole call, in milliseconds: discovery, waiting for a connection, all attempts and pauses, reading the body. @default 60_000; 0 is none */
  readonly timeoutMs?: Opt<number>
  /** One attempt, from its first byte sent to its last byte read. @default 30_000; 0 is none */
  readonly attemptTimeoutMs?: Opt<number>
  /** Name look-up, TCP and TLS. Not where the transport is `fetch`: browsers, Deno, Bun, an injected one. @default 5_000; 0 is none */
  readonly connectTimeoutMs?: Opt<number>
  /** Longest pause between attempts, in milliseconds; a longer `Retry-After` ends the call. @default 20_000 */
  readonly retryDelayMsMax?: Opt<number>
  /** Answers larger than this are refused (InvalidResponse); streams don't count. @default 256 MiB */
  readonly maxResponseBytes?: Opt<number>
  /** Origins besides `authUrl`'s to which discovered endpoints, and thus the token, may go. @default [] */
  readonly trustedOrigins?: Opt<readonly string[]>
  /** PEM. Not in browsers. */
  readonly tls?: Opt<TlsOptions>
  /** false ignores HTTPS_PROXY, HTTP_PROXY and NO_PROXY. Not in browsers. @default from the environment */
  readonly proxy?: Opt<string | false>
  /** Replaces the transport; with `usePool`, `tls` or `proxy` it is a BadValue. */
  readonly fetch?: Opt<typeof globalThis.fetch>
}

export interface RequestOptions {
  readonly signal?: Opt<AbortSignal>
  /** Instead of the client's, for this call. */
  readonly timeoutMs?: Opt<number>
  readonly retry?: Opt<number>
  readonly headers?: Opt<Readonly<Record<string, string>>>
}

/** The options with their defaults, checked. */
export interface Settings {
  readonly retry: number
  readonly poolSize: number | null
  readonly logger: Logger | null
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly attemptTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly retryDelayMsMax: number
  readonly maxResponseBytes: number
  readonly trustedOrigins: ReadonlySet<string>
  readonly tls: TlsOptions | null
  readonly proxy: string | false | undefined
  readonly fetch: typeof globalThis.fetch | null
}

const IN = 'constructor'

export function settingsOf(options: ClientOptions = {}): Settings {
  objectOf(IN, 'options', options)
  const usePool = options.usePool === undefined ? false : booleanOf(IN, 'usePool', options.usePool)
  const poolSize = countOr('poolSize', options.poolSize, 8, 1)
  const settings: Settings = {
    retry: countOr('retry', options.retry, 0),
    poolSize: usePool ? poolSize : null,
    logger: loggerOf(options.logger),
    headers: options.headers === undefined ? {} : headersOf(IN, options.headers),
    timeoutMs: countOr('timeoutMs', options.timeoutMs, 60_000),
    attemptTimeoutMs: countOr('attemptTimeoutMs', options.attemptTimeoutMs, 30_000),
    connectTimeoutMs: countOr('connectTimeoutMs', options.connectTimeoutMs, 5_000),
    retryDelayMsMax: countOr('retryDelayMsMax', options.retryDelayMsMax, 20_000),
    maxResponseBytes: countOr('maxResponseBytes', options.maxResponseBytes, 256 * 2 ** 20, 1),
    trustedOrigins: new Set(
      options.trustedOrigins === undefined ? [] : listOf(IN, 'trustedOrigins', options.trustedOrigins).map(originOf),
    ),
    tls: options.tls === undefined ? null : tlsOf(options.tls),
    proxy: options.proxy === undefined ? undefined : proxyOf(options.proxy),
    fetch: options.fetch === undefined ? null : fetchOf(options.fetch),
  }
  if (settings.fetch) {
    if (usePool) throw new BadValue('usePool', 'does not go with fetch', IN)
    if (settings.tls) throw new BadValue('tls', 'does not go with fetch', IN)
    if (typeof settings.proxy === 'string') throw new BadValue('proxy', 'does not go with fetch', IN)
  }
  for (const option of unsupported) {
    if (settings[option]) throw new BadValue(option, 'can not be set in this runtime', IN)
  }
  return settings
}

/** The options of one call, checked; what is not given is the client's. */
export interface CallSettings {
  readonly signal: AbortSignal | undefined
  readonly timeoutMs: number
  readonly retry: number
  readonly headers: Readonly<Record<string, string>> | null
}

export function callSettingsOf(method: string, options: RequestOptions | undefined, settings: Settings): CallSettings {
  if (options === undefined)
    return { signal: undefined, timeoutMs: settings.timeoutMs, retry: settings.retry, headers: null }
  objectOf(method, 'options', options)
  return {
    signal: options.signal === undefined ? undefined : signalOf(method, options.signal),
    timeoutMs: options.timeoutMs === undefined ? settings.timeoutMs : countOf(method, 'timeoutMs', options.timeoutMs),
    retry: options.retry === undefined ? settings.retry : countOf(method, 'retry', options.retry),
    headers: options.headers === undefined ? null : headersOf(method, options.headers),
  }
}

function countOr(argument: string, value: unknown, otherwise: number, least = 0): number {
  return value === undefined ? otherwise : countOf(IN, argument, value, least)
}

function loggerOf(value: Opt<Logger | null>): Logger | null {
  if (value === undefined || value === null) return null
  if (typeof value !== 'object' && typeof value !== 'function')
    throw new BadValue('logger', `must be a logger, not ${kindOf(value)}`, IN)
  for (const method of ['debug', 'warn'] as const) {
    if (typeof value[method] !== 'function') throw new BadValue('logger', `must have a method ${method}`, IN)
  }
  return value
}

function originOf(value: unknown): string {
  const text = stringOf(IN, 'trustedOrigins', value)
  const url = URL.canParse(text) ? new URL(text) : null
  if (
    !url ||
    !/^https?:$/.test(url.protocol) ||
    url.pathname !== '/' ||
    url.search ||
    url.hash ||
    url.username ||
    url.password
  ) {
    throw new BadValue('trustedOrigins', 'must hold origins such as "https://accounts.example.com"', IN)
  }
  return url.origin
}

function tlsOf(value: unknown): TlsOptions {
  const { ca, cert, key } = objectOf(IN, 'tls', value)
  if (ca !== undefined) for (const pem of [ca].flat()) stringOf(IN, 'tls.ca', pem)
  if (cert !== undefined) stringOf(IN, 'tls.cert', cert)
  if (key !== undefined) stringOf(IN, 'tls.key', key)
  if ((cert === undefined) !== (key === undefined)) throw new BadValue('tls', 'must have cert and key together', IN)
  return {
    ...(ca === undefined ? {} : { ca: ca as string | readonly string[] }),
    ...(cert === undefined ? {} : { cert: cert as string, key: key as string }),
  }
}

function proxyOf(value: unknown): string | false {
  if (value === false) return false
  const text = stringOf(IN, 'proxy', value)
  // The value may hold a password, so the message doesn't repeat it.
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new BadValue('proxy', 'must be an http or https URL, or false', IN)
  const { username, password } = new URL(text)
  try {
    decodeURIComponent(username + password)
  } catch {
    throw new BadValue('proxy', 'must have a user and a password in percent-encoded UTF-8', IN)
  }
  return text
}

function fetchOf(value: unknown): typeof globalThis.fetch {
  if (typeof value !== 'function') throw new BadValue('fetch', `must be a function, not ${kindOf(value)}`, IN)
  return value as typeof globalThis.fetch
}
