/**
 * A request that is tried. Names of the world stand for themselves until it is sent, `<token:alice>` for one: so a case
 * is the same in every world, and whether it is valid can be told without one.
 */
export interface Probe {
  /** What was done to a valid request. */
  readonly how: readonly string[]
  readonly method: string
  /** As it stands in the request line; bytes as ISO 8859-1. */
  readonly target: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  readonly framing: Framing
  /** Instead of all of the above: what is hardly HTTP. */
  readonly raw?: Buffer
}

export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length' }
  | { readonly kind: 'chunked'; readonly size: number; readonly extension: string; readonly trailer: string }
  /** Less than there is: the rest belongs to nobody. */
  | { readonly kind: 'short'; readonly length: number }
  /** Headers that say something odd of the length. */
  | { readonly kind: 'odd'; readonly headers: readonly string[]; readonly body: Buffer | null }

const CRLF = '\r\n'

/** The bytes that are sent. */
export function bytesOf(probe: Probe, host: string, bind: (text: string) => string): Buffer {
  const bound = (bytes: Buffer): Buffer =>
    bytes.includes('<') ? Buffer.from(bind(bytes.toString('latin1')), 'latin1') : bytes
  if (probe.raw) return bound(probe.raw)
  const whole = bound(probe.body)
  const { lines, body } = framed(probe.framing, whole)
  const head = [
    `${probe.method} ${probe.target} HTTP/1.1`,
    `Host: ${host}`,
    ...probe.headers.map(([name, value]) => `${name}: ${value}`),
    ...lines,
    'Connection: close',
  ]
  return Buffer.concat([Buffer.from(bind(head.join(CRLF)) + CRLF + CRLF, 'latin1'), body])
}

function framed(framing: Framing, body: Buffer): { lines: readonly string[]; body: Buffer } {
  switch (framing.kind) {
    case 'none':
      return { lines: [], body: Buffer.alloc(0) }
    case 'length':
      return { lines: [`Content-Length: ${body.length}`], body }
    case 'short':
      return { lines: [`Content-Length: ${Math.min(framing.length, body.length)}`], body }
    case 'odd':
      return { lines: framing.headers, body: framing.body ?? body }
    case 'chunked': {
      const chunks: Buffer[] = []
      for (let at = 0; at < body.length; at += framing.size) {
        const chunk = body.subarray(at, at + framing.size)
        chunks.push(Buffer.from(chunk.length.toString(16) + framing.extension + CRLF), chunk, Buffer.from(CRLF))
      }
      chunks.push(Buffer.from(`0${CRLF}${framing.trailer}${CRLF}`))
      return { lines: ['Transfer-Encoding: chunked'], body: Buffer.concat(chunks) }
    }
  }
}
