import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type NetConnectOpts, type Socket } from 'node:net'

/** Where a connection breaks: before the bytes of the request are passed on, or before those of the answer are. */
interface Break {
  readonly at: 'request' | 'answer'
  /** What the client sends when its time has come. */
  readonly request: string
  /** What the other side has to say then; anything does when it is empty. */
  readonly answer: string
  /** The other side does not learn that the client is gone, until `hangUp`. */
  readonly isSilent: boolean
  readonly tripped: () => void
}

export interface TcpProxy {
  readonly port: number
  /** Where the next connections go. */
  target: NetConnectOpts
  /** The request never arrives. @returns settles when it was cut off. */
  loseRequest(request: string, options?: { readonly isSilent?: boolean }): Promise<void>
  /** The request arrives, and its answer does not. @returns settles when it was cut off. */
  loseAnswer(request: string, answer?: string): Promise<void>
  /** The other side learns that its silent clients are gone. */
  hangUp(): void
  /** Nothing passes any more, and nobody is told: a server that hangs, a link that is gone. */
  freeze(): void
  thaw(): void
  /** All connections break. */
  cut(): void
  close(): Promise<void>
}

/** Passes bytes on, and breaks one connection when it is told to. */
export async function startTcpProxy(target: NetConnectOpts): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  const orphans: Socket[] = []
  let next: Break | null = null
  let isFrozen = false

  const server = createServer((client) => {
    const there = connect(proxy.target)
    let request = ''
    let answer = ''
    let isAsked = false
    let seen: Break | null = null
    /** What came before is none of a later break's business. */
    const attend = (): void => {
      if (seen === next) return
      seen = next
      request = ''
      answer = ''
      isAsked = false
    }
    const breakOff = ({ isSilent, tripped }: Break): void => {
      next = null
      client.destroy()
      if (isSilent) orphans.push(there)
      else there.destroy()
      tripped()
    }
    client.on('data', (bytes: Buffer) => {
      attend()
      request = tail(request, bytes)
      if (next !== null && request.includes(next.request)) {
        isAsked = true
        if (next.at === 'request') return breakOff(next)
      }
      there.write(bytes)
    })
    there.on('data', (bytes: Buffer) => {
      attend()
      answer = tail(answer, bytes)
      if (next !== null && isAsked && answer.includes(next.answer)) return breakOff(next)
      client.write(bytes)
    })
    for (const [socket, other] of [
      [client, there],
      [there, client],
    ] as const) {
      sockets.add(socket)
      if (isFrozen) socket.pause()
      // What matters is that it closed.
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        if (!orphans.includes(other)) other.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  const lose = (facts: Omit<Break, 'tripped'>): Promise<void> =>
    new Promise((tripped) => {
      next = { ...facts, tripped }
    })
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    target,
    loseRequest: (request, { isSilent = false } = {}) => lose({ at: 'request', request, answer: '', isSilent }),
    loseAnswer: (request, answer = '') => lose({ at: 'answer', request, answer, isSilent: false }),
    hangUp() {
      for (const orphan of orphans.splice(0)) orphan.destroy()
    },
    freeze() {
      isFrozen = true
      for (const socket of sockets) socket.pause()
    },
    thaw() {
      isFrozen = false
      for (const socket of sockets) socket.resume()
    },
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
  return proxy
}

/** What is looked for may come in two pieces. */
function tail(before: string, bytes: Buffer): string {
  return before.slice(-200) + bytes.toString('latin1')
}
