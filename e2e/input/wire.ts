import { connect } from 'node:net'

/** What came back on a connection. */
export type Outcome =
  | { readonly kind: 'answered'; readonly answers: readonly Answer[] }
  /** Without an answer. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'hangs' }
  /** Nobody listens. */
  | { readonly kind: 'gone'; readonly reason: string }
  | { readonly kind: 'garbled'; readonly bytes: Buffer }

export interface Answer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

export interface Sending {
  readonly host: string
  readonly port: number
  readonly method: string
  /** Nothing more will come: what is incomplete stays so. */
  readonly isEnding: boolean
  readonly timeoutMs: number
}

/** One connection, on which bytes are sent and everything is read until it is closed. */
export function exchange(bytes: Buffer, { host, port, method, isEnding, timeoutMs }: Sending): Promise<Outcome> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let isConnected = false
    const socket = connect({ host, port, allowHalfOpen: true })
    const end = (outcome: Outcome): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(outcome)
    }
    const timer = setTimeout(() => end({ kind: 'hangs' }), timeoutMs)
    socket.on('connect', () => {
      isConnected = true
      if (isEnding) socket.end(bytes)
      else socket.write(bytes)
    })
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('end', () => end(read(Buffer.concat(chunks), method)))
    // A service that refuses a body before all of it was sent closes the connection: that is an answer, too.
    socket.on('error', (error) =>
      end(isConnected ? read(Buffer.concat(chunks), method) : { kind: 'gone', reason: error.message }),
    )
  })
}

function read(bytes: Buffer, method: string): Outcome {
  if (bytes.length === 0) return { kind: 'closed' }
  const answers: Answer[] = []
  let rest = bytes
  while (rest.length > 0) {
    const found = readAnswer(rest, method)
    if (!found) return { kind: 'garbled', bytes }
    // 100 Continue is none yet.
    if (found.answer.status >= 200) answers.push(found.answer)
    rest = rest.subarray(found.length)
  }
  return { kind: 'answered', answers }
}

function readAnswer(bytes: Buffer, method: string): { answer: Answer; length: number } | null {
  const end = bytes.indexOf('\r\n\r\n')
  const [first = '', ...lines] = bytes.toString('latin1', 0, Math.max(end, 0)).split('\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3})(?: |$)/.exec(first)?.[1])
  if (end < 0 || !status) return null
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const start = end + 4
  const rest = bytes.subarray(start)
  // What was refused before its method was read has a body, also if the method was HEAD.
  const isHead = method === 'HEAD' && (rest.length === 0 || rest.subarray(0, 5).toString() === 'HTTP/')
  const after = bodyAt(rest, headers, isHead || status < 200 || status === 204)
  return after && { answer: { status, headers, body: after.body }, length: start + after.length }
}

function bodyAt(
  bytes: Buffer,
  headers: ReadonlyMap<string, string>,
  isEmpty: boolean,
): { body: Buffer; length: number } | null {
  if (isEmpty) return { body: Buffer.alloc(0), length: 0 }
  if (headers.get('transfer-encoding') === 'chunked') return chunks(bytes)
  const length = headers.get('content-length')
  if (length === undefined) return { body: bytes, length: bytes.length }
  return bytes.length < Number(length) ? null : { body: bytes.subarray(0, Number(length)), length: Number(length) }
}

function chunks(bytes: Buffer): { body: Buffer; length: number } | null {
  const parts: Buffer[] = []
  for (let at = 0; ;) {
    const line = bytes.indexOf('\r\n', at)
    const size = line < 0 ? Number.NaN : Number.parseInt(bytes.toString('latin1', at, line), 16)
    if (Number.isNaN(size)) return null
    parts.push(bytes.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
    if (size === 0) return at > bytes.length ? null : { body: Buffer.concat(parts), length: at }
  }
}
