import http from 'node:http'
import https from 'node:https'
import type { Exchange, FailureFacts, Observer, Transport, TransportOptions, WireRequest } from './transport.ts'

/** Node's own connections: its global agents keep them and close them; there is nothing to close here. */
export function createNodeHttpTransport(options: TransportOptions): Transport {
  const tls = options.tls
    ? { ...options.tls, ca: options.tls.ca === undefined ? undefined : [options.tls.ca].flat() }
    : {}
  return { exchange: (request, observer) => exchange(request, observer, tls), close: async () => undefined }
}

function exchange(request: WireRequest, observer: Observer, tls: object): Exchange {
  const url = new URL(request.origin)
  const secure = url.protocol === 'https:'
  const outgoing = (secure ? https : http).request({
    ...(secure ? tls : {}),
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port || (secure ? 443 : 80),
    method: request.method,
    path: request.path,
    headers: { ...request.headers },
    // `false` opens a connection for this request alone.
    ...(request.fresh ? { agent: false } : {}),
  })
  let done = false
  let answered = false
  const fail = (error: Error, facts: FailureFacts = {}): void => {
    if (done) return
    done = true
    outgoing.destroy()
    observer.onError(error, facts)
  }
  let response: http.IncomingMessage | null = null
  outgoing.once('socket', (socket) => {
    const sent = (): void => {
      if (!done) observer.onSent()
    }
    if (socket.connecting) socket.once(secure ? 'secureConnect' : 'connect', sent)
    else sent()
  })
  outgoing.on('error', (error) => fail(error, { stale: outgoing.reusedSocket && !answered && !isGarbage(error) }))
  outgoing.once('response', (incoming) => {
    answered = true
    response = incoming
    if (done) return
    const { headers } = incoming
    observer.onHead({
      status: incoming.statusCode ?? 0,
      reason: incoming.statusMessage ?? '',
      header: (name) => {
        const value = headers[name]
        return Array.isArray(value) ? value.join(', ') : (value ?? null)
      },
    })
    incoming.on('data', (chunk: Uint8Array) => {
      if (!done) observer.onData(chunk)
    })
    incoming.once('error', (error) => fail(error))
    incoming.once('end', () => {
      if (!incoming.complete) return fail(new Error('The answer broke off'))
      if (done) return
      done = true
      observer.onEnd()
    })
    incoming.once('close', () => fail(new Error('The answer broke off')))
  })
  outgoing.once('upgrade', (_, socket) => {
    socket.destroy()
    fail(new Error('The server changed the protocol'))
  })
  observer.onTurn()
  // As bytes: Node joins text with the headers and would encode these as UTF-8, where they are Latin-1.
  outgoing.end(request.body === null ? undefined : Buffer.from(request.body))
  return {
    abort: () => {
      done = true
      outgoing.destroy()
    },
    pause: () => response?.pause(),
    resume: () => response?.resume(),
  }
}

/** Something came that is no HTTP; so the connection was open, and the server there. */
function isGarbage(error: Error): boolean {
  return (error as NodeJS.ErrnoException).code?.startsWith('HPE_') ?? false
}
