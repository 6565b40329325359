import { connect, type Socket } from 'node:net'
import type { Received, Sendable } from '../replay-server/http.ts'

/**
 * Speaks HTTP/1.1 as the original's client does: one connection, the head in one piece and the body in another, no
 * `Connection`, a `Content-Length` also where there is no body, and the token also where nobody asks for it.
 *
 * Source: client specification, 3.
 */
export class OriginalClient implements Disposable {
  readonly #socket: Socket
  readonly #host: string
  readonly #token: string
  #received = Buffer.alloc(0)
  #waiting: { resolve: (answer: Received) => void; reject: (error: Error) => void } | null = null

  constructor(origin: string, token: string) {
    const { hostname, port, host } = new URL(origin)
    this.#host = host
    this.#token = token
    this.#socket = connect(Number(port), hostname)
    this.#socket.on('data', (bytes: Buffer) => this.#read(bytes))
    this.#socket.on('error', (error) => this.#waiting?.reject(error))
    this.#socket.on('close', () => this.#waiting?.reject(new Error('The service closed the connection')))
  }

  send({ method, url, headers, body }: Sendable): Promise<Received> {
    const { pathname, search } = new URL(url)
    const lines = {
      Host: this.#host,
      'Accept-Encoding': 'identity',
      'content-length': String(body.length),
      'X-Auth-Token': this.#token,
      ...Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'Content-Length')),
    }
    const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`)
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#socket.write(`${method} ${pathname}${search} HTTP/1.1\r\n${head.join('')}\r\n`, 'latin1', () => {
        if (body.length > 0) this.#socket.write(body)
      })
    })
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }

  #read(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes])
    const answer = answerIn(this.#received)
    if (answer === null) return
    this.#received = Buffer.alloc(0)
    this.#waiting?.resolve(answer)
    this.#waiting = null
  }
}

/** Null as long as it is not complete. */
function answerIn(bytes: Buffer): Received | null {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return null
  const [statusLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const [, status, reason = ''] = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(statusLine) ?? []
  if (status === undefined) throw new Error(`No status line: ${statusLine}`)
  const headers = Object.fromEntries(
    lines.map((line) => [line.replace(/:.*/, '').toLowerCase(), line.replace(/^[^:]*:\s*/, '')]),
  )
  const rest = bytes.subarray(end + 4)
  const body = headers['transfer-encoding'] === 'chunked' ? chunksIn(rest) : lengthOf(rest, headers['content-length'])
  return body && { status: Number(status), reason, headers, cookies: [], body }
}

function lengthOf(bytes: Buffer, header: string | undefined): Buffer | null {
  if (header === undefined || !/^\d+$/.test(header)) throw new Error(`No length that the original's client knows`)
  const length = Number(header)
  return bytes.length < length ? null : bytes.subarray(0, length)
}

function chunksIn(bytes: Buffer): Buffer | null {
  const chunks: Buffer[] = []
  let at = 0
  for (;;) {
    const line = bytes.indexOf('\r\n', at)
    if (line < 0) return null
    const length = Number.parseInt(bytes.subarray(at, line).toString('latin1'), 16)
    at = line + 2 + length + 2
    if (bytes.length < at) return null
    if (length === 0) return Buffer.concat(chunks)
    chunks.push(bytes.subarray(line + 2, line + 2 + length))
  }
}
