import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'

export interface Proxy {
  readonly url: string
  /** `CONNECT host:port`, or the method and the absolute URL. */
  readonly asked: { readonly line: string; readonly headers: IncomingMessage['headers'] }[]
  /** Answers all with this status instead of passing them on. */
  refuse: number | null
  close(): Promise<void>
}

/** A proxy that passes everything on, to this machine only. */
export async function startProxy(): Promise<Proxy> {
  const asked: Proxy['asked'] = []
  const sockets = new Set<Socket>()
  const server = createServer((incoming, outgoing) => {
    asked.push({ line: `${incoming.method} ${incoming.url}`, headers: incoming.headers })
    if (proxy.refuse !== null) return void outgoing.writeHead(proxy.refuse).end('refused')
    passOn(incoming, outgoing)
  })
  server.on('connect', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    asked.push({ line: `CONNECT ${incoming.url}`, headers: incoming.headers })
    sockets.add(socket)
    socket.on('error', () => undefined)
    if (proxy.refuse !== null) return void socket.end(`HTTP/1.1 ${proxy.refuse} Refused\r\n\r\n`)
    const port = Number(incoming.url?.split(':').at(-1))
    const there = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      there.write(head)
      socket.pipe(there).pipe(socket)
    })
    sockets.add(there)
    there.on('error', () => socket.destroy())
    socket.on('close', () => there.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy: Proxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    refuse: null,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
  return proxy
}

function passOn(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { hostname, port, pathname, search } = new URL(incoming.url ?? '')
  if (hostname !== '127.0.0.1') return void outgoing.writeHead(403).end()
  const { 'proxy-connection': _, ...headers } = incoming.headers
  const there = request(
    { host: hostname, port, path: pathname + search, method: incoming.method, headers },
    (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    },
  )
  there.on('error', () => outgoing.destroy())
  incoming.pipe(there)
}
