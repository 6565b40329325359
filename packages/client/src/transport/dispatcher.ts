import type { Socket } from 'node:net'
import { buildConnector, Client, EnvHttpProxyAgent, Pool, ProxyAgent, type Dispatcher } from 'undici'
import type { TransportOptions } from './transport.ts'

/** Opens one connection to an origin, directly or through a proxy. */
export type Open = (sockets: Sockets) => Dispatcher

/** Time-outs are the caller's: it knows phases and deadlines, undici's are coarse. */
const LIMITS = { pipelining: 1, headersTimeout: 0, bodyTimeout: 0 }

export function opener(origin: string, options: TransportOptions): Open {
  const tls = options.tls ?? {}
  const connect = { ...tls, ca: tls.ca === undefined ? undefined : [tls.ca].flat(), timeout: 0 }
  const { proxy } = options
  // Shared by all connections: it remembers what makes the next TLS handshake short.
  const dial = buildConnector(connect)
  if (proxy === false) return (sockets) => new Client(origin, { ...LIMITS, connect: sockets.watched(dial) })
  return (sockets) => {
    const shared = {
      ...LIMITS,
      connections: 1,
      requestTls: connect,
      proxyTls: connect,
      proxyTunnel: origin.startsWith('https:'),
      factory: (to: string | URL, given: object) => new Client(to, sockets.watching(given)),
      clientFactory: (to: URL, given: object) => new Pool(to, sockets.watching(given)),
    }
    if (proxy === undefined) return new EnvHttpProxyAgent({ ...shared, connect: dial })
    return new ProxyAgent({ ...shared, uri: proxy })
  }
}

/**
 * The open sockets of a dispatcher. Undici leaves a socket alone when it is destroyed while that one is connecting: it
 * would go on trying, and keep the process alive.
 */
export class Sockets {
  readonly #open = new Set<Socket>()

  watched(dial: buildConnector.connector): buildConnector.connector {
    return (options, callback) => {
      // Its type doesn't tell that it returns the socket, except where it is asynchronous.
      const socket = dial(options, callback) as unknown as Socket | Promise<void>
      if (!('destroy' in socket)) return
      this.#open.add(socket)
      socket.once('close', () => this.#open.delete(socket))
    }
  }

  watching<T extends { readonly connect?: buildConnector.connector }>(options: T): T {
    return options.connect ? { ...options, connect: this.watched(options.connect) } : options
  }

  hangUp(): void {
    for (const socket of this.#open) socket.destroy()
  }
}
