import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { AstakosClient } from '../src/client.ts'
import { BadValue, ConnectionError } from '../src/errors.ts'
import type { ClientOptions } from '../src/options.ts'
import { makeCertificates, type Certificates } from './support/certificates.ts'
import { CATALOG } from './support/raw-server.ts'
import { startProxy, type Proxy } from './support/proxy.ts'
import { failure, nodeTransports, pause } from './support/transports.ts'

let certificates: Certificates
let server: Server
let strict: Server
let elsewhere: Server
let proxy: Proxy
const clients: AstakosClient[] = []
let connections = 0

beforeAll(async () => {
  certificates = makeCertificates()
  server = await listen({})
  strict = await listen({ requestCert: true, rejectUnauthorized: true })
  elsewhere = await listen(certificates.elsewhere)
  server.on('secureConnection', () => (connections += 1))
  proxy = await startProxy()
})
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
})
afterAll(async () => {
  await proxy.close()
  for (const each of [server, strict, elsewhere]) {
    const closed = once(each, 'close')
    each.close()
    each.closeAllConnections()
    // oxlint-disable-next-line no-await-in-loop -- three
    await closed
  }
})

/** Answers with the name of the client's certificate. */
async function listen(options: object): Promise<Server> {
  const secure = createServer({ ...certificates.server, ca: certificates.ca, ...options }, (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate()
    const body = request.url?.endsWith('tokens') ? CATALOG : { id: subject?.CN ?? 'nobody' }
    response.end(JSON.stringify(body))
  })
  secure.on('tlsClientError', () => undefined)
  secure.listen(0, '127.0.0.1')
  await once(secure, 'listening')
  return secure
}

function open(to: Server, options: ClientOptions, host = '127.0.0.1'): AstakosClient {
  const { port } = to.address() as AddressInfo
  const client = new AstakosClient('t', `https://${host}:${port}/identity/v2.0`, options)
  clients.push(client)
  return client
}

const overProxy = { name: 'a proxy', options: {} as ClientOptions }

for (const transport of [...nodeTransports, overProxy]) {
  const options = (more: ClientOptions): ClientOptions => ({
    ...transport.options,
    ...(transport === overProxy ? { proxy: proxy.url } : {}),
    ...more,
  })

  describe(`TLS over ${transport.name}`, () => {
    it('trusts the authority that it is told', async () => {
      const { ca } = certificates
      expect(await open(server, options({ tls: { ca } })).getProject('p')).toEqual({ id: 'nobody' })
      expect(await open(server, options({ tls: { ca: [ca] } }), 'localhost').getProject('p')).toEqual({ id: 'nobody' })
    })

    it('trusts no other: the token is not sent, and the caller is told', async () => {
      const error = await failure(open(server, options({})).getProject('p'))
      expect(error).toBeInstanceOf(ConnectionError)
      expect(error).toMatchObject({ outcome: 'none', attempts: 1, status: 500, retryable: true })
      expect((error as Error).message).toMatch(/certificate|issuer/i)
    })

    it('does not believe a certificate for another name', async () => {
      const error = await failure(open(elsewhere, options({ tls: { ca: certificates.ca } })).getProject('p'))
      expect(error).toBeInstanceOf(ConnectionError)
      expect(error).toMatchObject({ outcome: 'none', attempts: 1 })
    })

    it('makes other attempts when TLS fails, since nothing was sent', async () => {
      const client = open(server, options({ retry: 2, retryDelayMsMax: 1 }))
      expect(await failure(client.issueOneCommission('u', 'p', { vm: 1 }))).toMatchObject({
        attempts: 3,
        outcome: 'none',
      })
    })

    it('shows the certificate that it is given', async () => {
      const { ca, client } = certificates
      expect(await open(strict, options({ tls: { ca, ...client } })).getProject('p')).toEqual({ id: 'client' })
    })

    it('fails without one where one is asked for', async () => {
      expect(await failure(open(strict, options({ tls: { ca: certificates.ca } })).getProject('p'))).toBeInstanceOf(
        ConnectionError,
      )
    })

    it('uses connections again, and a new one for what can not be sent twice', async () => {
      const client = open(server, options({ tls: { ca: certificates.ca } }))
      await client.getProject('p')
      const before = connections
      await client.getProject('p')
      await client.getProject('p')
      expect(connections).toBe(before)
      await client.joinProject('p').catch(() => undefined)
      expect(connections).toBe(before + 1)
    })
  })
}

describe('tls options', () => {
  it('that can not be meant are refused when the client is made', () => {
    for (const tls of [
      null,
      7,
      { ca: 7 },
      { ca: [7] },
      { cert: 'x' },
      { key: 'x' },
      { cert: 7, key: 'x' },
    ] as unknown[]) {
      expect(() => new AstakosClient('t', 'https://a.example.com', { tls } as ClientOptions)).toThrow(BadValue)
    }
  })

  for (const transport of nodeTransports) {
    it(`with text that is no certificate are a ConnectionError over ${transport.name}, and the process lives`, async () => {
      const client = open(server, { ...transport.options, tls: { cert: 'nonsense', key: 'nonsense' } })
      const error = await failure(client.getProject('p'))
      expect(error).toBeInstanceOf(ConnectionError)
      expect(error).toMatchObject({ outcome: 'none' })
      await pause(5)
    })
  }
})
