import { BlockList, isIP } from 'node:net'

/** What a URL of a mail server says. */
export interface SmtpServer {
  readonly host: string
  readonly port: number
  /** TLS from the first byte on. */
  readonly secure: boolean
  /** No word is said before STARTTLS but the greeting. */
  readonly requireTLS: boolean
  readonly ignoreTLS: boolean
  readonly auth?: { readonly user: string; readonly pass: string }
}

const PORT = 587
const TLS_PORT = 465

/**
 * `smtps://` is TLS from the start. `smtp://` takes STARTTLS where the server offers it, and has to where a password would be
 * read on the way otherwise; to this machine itself it does without, since what stands there rarely has a certificate.
 *
 * @throws {RangeError} a rule, never the URL: it may hold a password.
 */
export function readSmtpUrl(text: string): SmtpServer {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !/^smtps?:$/.test(url.protocol) || url.hostname === '')
    throw new RangeError('must be an smtp:// or smtps:// URL')
  if (!/^\/?$/.test(url.pathname) || url.search || url.hash)
    throw new RangeError('must have no path, no query and no fragment')
  const host = url.hostname.replaceAll(/^\[|\]$/g, '')
  const secure = url.protocol === 'smtps:'
  const [user, pass] = [decoded(url.username), decoded(url.password)]
  if ((user === '') !== (pass === '')) throw new RangeError('must have both a user and a password, or neither')
  const isHere = isLoopback(host)
  return {
    host,
    port: url.port === '' ? (secure ? TLS_PORT : PORT) : Number(url.port),
    secure,
    requireTLS: !secure && !isHere && user !== '',
    ignoreTLS: !secure && isHere,
    ...(user === '' ? {} : { auth: { user, pass } }),
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new RangeError('must have its user and password percent-encoded')
  }
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8)
LOOPBACK.addAddress('::1', 'ipv6')

function isLoopback(host: string): boolean {
  const family = isIP(host)
  return family === 0 ? host === 'localhost' : LOOPBACK.check(host, family === 6 ? 'ipv6' : 'ipv4')
}
