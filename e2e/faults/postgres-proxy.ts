import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** `before`: the COMMIT is not let through. `after`: it is, and its answer is not. */
export type CommitFate = 'pass' | 'before' | 'after'

export interface PostgresProxy extends AsyncDisposable {
  readonly port: number
  /** Asked at each COMMIT. */
  fate: () => CommitFate
  /** Connections cut at a COMMIT. */
  readonly cuts: number
}

/** Stands between a service and a PostgreSQL, and reads along as far as it takes to know a COMMIT. */
export async function startPostgresProxy(socketPath: () => string): Promise<PostgresProxy> {
  const open = new Set<Socket>()
  let cuts = 0
  const server = createServer((client) => {
    const upstream = connect(socketPath())
    for (const socket of [client, upstream]) {
      open.add(socket)
      socket.setNoDelay(true)
      // Its `close` follows.
      socket.on('error', () => undefined)
      socket.on('close', () => open.delete(socket))
    }
    upstream.on('data', (chunk) => void (client.destroyed || client.write(chunk)))
    upstream.on('close', () => client.destroy())
    // What was sent is still worked on: PostgreSQL sees the end behind it.
    client.on('close', () => void (upstream.writableEnded || upstream.end()))
    const reader = new CommitReader()
    client.on('data', (chunk: Buffer) => {
      if (upstream.writableEnded) return
      const { bytes, isCut } = reader.pass(chunk, () => proxy.fate())
      if (!isCut) return void upstream.write(bytes)
      cuts += 1
      upstream.end(bytes)
      client.destroy()
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const proxy: PostgresProxy = {
    port: (server.address() as AddressInfo).port,
    fate: () => 'pass',
    get cuts() {
      return cuts
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return proxy
}

const SSL_REQUEST = 80_877_103

/** Follows the messages of one connection. Source: PostgreSQL's manual, "Message Formats". */
export class CommitReader {
  #rest: Buffer = Buffer.alloc(0)
  #isStarting = true
  /** The COMMIT has passed; behind it the message that makes PostgreSQL answer. */
  #isCutAtSync = false
  readonly #commits = new Set<string>()

  /** @returns what may pass of the messages that are complete now, and whether the connection ends there. */
  pass(chunk: Buffer, fate: () => CommitFate): { bytes: Buffer; isCut: boolean } {
    const bytes = Buffer.concat([this.#rest, chunk])
    let at = 0
    for (;;) {
      const start = this.#isStarting ? at : at + 1
      if (bytes.length < start + 4) break
      const end = start + bytes.readInt32BE(start)
      if (bytes.length < end) break
      if (this.#isStarting) {
        this.#isStarting = bytes.readInt32BE(start + 4) === SSL_REQUEST
      } else {
        const type = String.fromCharCode(bytes[at] ?? 0)
        if (this.#isCommit(type, bytes.subarray(start + 4, end))) {
          const decided = fate()
          if (decided === 'before') return { bytes: bytes.subarray(0, at), isCut: true }
          this.#isCutAtSync = decided === 'after'
        }
        if (this.#isCutAtSync && (type === 'S' || type === 'Q')) return { bytes: bytes.subarray(0, end), isCut: true }
      }
      at = end
    }
    this.#rest = bytes.subarray(at)
    return { bytes: bytes.subarray(0, at), isCut: false }
  }

  #isCommit(type: string, body: Buffer): boolean {
    if (type === 'Q') return isCommitText(textAt(body, 0))
    if (type === 'B') return this.#commits.has(textAt(body, textAt(body, 0).length + 1))
    if (type !== 'P') return false
    // A statement is parsed once for a connection, and named from then on.
    const name = textAt(body, 0)
    if (isCommitText(textAt(body, Buffer.byteLength(name) + 1))) this.#commits.add(name)
    else this.#commits.delete(name)
    return false
  }
}

const isCommitText = (text: string): boolean => /^\s*commit\b/i.test(text)

function textAt(body: Buffer, start: number): string {
  return body.toString('utf8', start, body.indexOf(0, start))
}
