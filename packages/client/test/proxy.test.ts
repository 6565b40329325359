import { createServer, type Server } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AstakosClient } from '../src/client.ts'
import { AstakosClientException, BadValue, ConnectionError, Timeout } from '../src/errors.ts'
import type { ClientOptions } from '../src/options.ts'
import { makeCertificates } from './support/certificates.ts'
import { runChild } from './support/child.ts'
import { startProxy, type Proxy } from './support/proxy.ts'
import { answer, CATALOG, rawServer, reset, type RawServer } from './support/raw-server.ts'
import { failure, TOKEN, until } from './support/transports.ts'

let proxy: Proxy
let server: RawServer
const clients: AstakosClient[] = []
beforeEach(async () => {
  proxy = await startProxy()
  server = await rawServer((request, socket) => {
    if (request.path.endsWith('reset')) reset(socket)
    else if (!request.path.endsWith('silence')) socket.write(answer(200, { id: 'p', serial: 1 }))
  })
})
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
  await server.close()
  await proxy.close()
})

for (const usePool of [false, true]) {
  const open = (more: ClientOptions = {}): AstakosClient => {
    const client = new AstakosClient(TOKEN, server.authUrl, { usePool, proxy: proxy.url, ...more })
    clients.push(client)
    return client
  }

  describe(`the option proxy, ${usePool ? 'with' : 'without'} a pool`, () => {
    it('sends requests to the proxy, with the whole URL', async () => {
      const client = open()
      expect(await client.getProject('p')).toMatchObject({ id: 'p' })
      await client.modifyProject('p', { description: 'ά' })
      expect(proxy.asked.map(({ line }) => line)).toEqual([
        `POST ${server.authUrl}/tokens`,
        `GET ${server.origin}/account/v1.0/projects/p`,
        `PUT ${server.origin}/account/v1.0/projects/p`,
      ])
      expect(server.requests[1]).toMatchObject({ method: 'PUT', body: '{"description":"ά"}' })
      expect(server.requests[0]?.headers).toMatchObject({ 'x-auth-token': TOKEN, host: `127.0.0.1:${server.port}` })
      expect(client.logRequest?.headers).not.toHaveProperty('host')
    })

    it('may have a user and a password, which only the proxy sees', async () => {
      const client = open({ proxy: proxy.url.replace('//', '//me:s%CF%8Dcret@') })
      await client.getProject('p')
      const basic = `Basic ${Buffer.from('me:sύcret').toString('base64')}`
      for (const { headers } of proxy.asked) expect(headers['proxy-authorization']).toBe(basic)
      expect(JSON.stringify(client.logRequest)).not.toMatch(/cret|roxy/)
    })

    it('that nobody listens at is a ConnectionError: nothing was sent', async () => {
      const client = open({ retry: 1, retryDelayMsMax: 1 })
      await client.getEndpoints()
      await proxy.close()
      expect(await failure(client.issueOneCommission('u', 'p', { vm: 1 }))).toMatchObject({
        name: 'ConnectionError',
        outcome: 'none',
        attempts: 2,
      })
      proxy = await startProxy()
    })

    it('that refuses is an error with its status, or a ConnectionError', async () => {
      proxy.refuse = 502
      expect(await failure(open().getProject('p'))).toMatchObject({ status: 502 })
      proxy.refuse = null
      const client = open()
      await client.getEndpoints()
      proxy.refuse = 407
      const error = await failure(client.issueOneCommission('u', 'p', { vm: 1 }))
      expect(error).toBeInstanceOf(AstakosClientException)
      expect(error).toMatchObject({ outcome: 'none' })
      proxy.refuse = null
      expect(await client.getProject('p')).toMatchObject({ id: 'p' })
      expect(server.requests.map(({ method }) => method)).toEqual(['GET'])
    })

    it('does not hide what goes wrong behind it', async () => {
      const client = open({ attemptTimeoutMs: 200 })
      await client.getEndpoints()
      expect(await failure(client.getProject('reset'))).toBeInstanceOf(ConnectionError)
      expect(await failure(client.getProject('silence'))).toBeInstanceOf(Timeout)
      expect(await client.getProject('p')).toMatchObject({ id: 'p' })
    })

    /** What the proxy is asked for by a client without the option, in such an environment. */
    const askedWith = async (
      env: Readonly<Record<string, string>>,
      more: ClientOptions = {},
      use = async (client: AstakosClient): Promise<void> =>
        expect(await client.getProject('p')).toMatchObject({ id: 'p' }),
    ): Promise<number> => {
      const names = Object.keys(env)
      const before = names.map((name) => process.env[name])
      Object.assign(process.env, env)
      try {
        const client = new AstakosClient(TOKEN, server.authUrl, { usePool, ...more })
        clients.push(client)
        await use(client)
      } finally {
        for (const [index, name] of names.entries()) {
          if (before[index] === undefined) delete process.env[name]
          else process.env[name] = before[index]
        }
      }
      return proxy.asked.length
    }

    it("is the environment's unless it is given", async () => {
      expect(await askedWith({ HTTP_PROXY: proxy.url })).toBe(2)
      expect(await askedWith({ http_proxy: proxy.url })).toBe(4)
    })

    it('of false ignores the environment', async () => {
      expect(await askedWith({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url }, { proxy: false })).toBe(0)
    })

    it('of the environment is not used for what NO_PROXY names', async () => {
      expect(await askedWith({ HTTP_PROXY: proxy.url, NO_PROXY: 'example.com,127.0.0.1' })).toBe(0)
    })

    it('of the environment for https is not used for http', async () => {
      expect(await askedWith({ HTTPS_PROXY: proxy.url })).toBe(0)
    })

    it('of the environment with a password that can not be decoded is an error, as often as it is tried', async () => {
      const more = { timeoutMs: 2000, ...(usePool ? { poolSize: 1 } : {}) }
      const seen: unknown[] = []
      await askedWith({ HTTP_PROXY: 'http://me:%zz@127.0.0.1:1' }, more, async (client) => {
        seen.push(await failure(client.getProject('p')), await failure(client.getProject('p')))
      })
      for (const error of seen) {
        expect(error).toBeInstanceOf(AstakosClientException)
        expect(error).not.toBeInstanceOf(Timeout)
        expect(error).toMatchObject({ outcome: 'none' })
        expect((error as Error).message).not.toContain('zz')
      }
    })

    it('of the environment lets a process end by itself', async () => {
      const { stdout, stderr, ms } = await runChild(script(server.authUrl, { usePool }), {
        env: { HTTP_PROXY: proxy.url },
      })
      expect([stdout, stderr]).toEqual(['p\n', ''])
      expect(proxy.asked).toHaveLength(2)
      expect(ms).toBeLessThan(10_000)
    })
  })

  describe(`a proxy before TLS, ${usePool ? 'with' : 'without'} a pool`, () => {
    const certificates = makeCertificates()
    let secure: Server
    let authUrl: string
    beforeEach(async () => {
      secure = createServer(certificates.server, (request, response) => {
        response.end(
          JSON.stringify(request.url?.endsWith('tokens') ? CATALOG : { id: request.headers['x-auth-token'] }),
        )
      })
      secure.on('tlsClientError', () => undefined)
      secure.listen(0, '127.0.0.1')
      await once(secure, 'listening')
      authUrl = `https://127.0.0.1:${(secure.address() as AddressInfo).port}/identity/v2.0`
    })
    afterEach(async () => {
      const closed = once(secure, 'close')
      secure.close()
      secure.closeAllConnections()
      await closed
    })
    const openSecure = (more: ClientOptions = {}): AstakosClient => {
      const client = new AstakosClient(TOKEN, authUrl, {
        usePool,
        proxy: proxy.url,
        tls: { ca: certificates.ca },
        ...more,
      })
      clients.push(client)
      return client
    }

    it('makes a tunnel, and sees nothing of what goes through', async () => {
      const client = openSecure({ proxy: proxy.url.replace('//', '//me:secret@') })
      expect(await client.getProject('p')).toEqual({ id: TOKEN })
      await client.getProject('p')
      const { port } = new URL(authUrl)
      expect(proxy.asked.map(({ line }) => line)).toEqual([`CONNECT 127.0.0.1:${port}`])
      expect(proxy.asked[0]?.headers['proxy-authorization']).toBe(
        `Basic ${Buffer.from('me:secret').toString('base64')}`,
      )
      expect(proxy.asked[0]?.headers).not.toHaveProperty('x-auth-token')
    })

    it('that refuses the tunnel is a ConnectionError: nothing was sent', async () => {
      for (const status of [403, 407, 502]) {
        proxy.refuse = status
        const client = openSecure({ retry: 1, retryDelayMsMax: 1 })
        // oxlint-disable-next-line no-await-in-loop -- few
        const error = await failure(client.issueOneCommission('u', 'p', { vm: 1 }))
        expect(error).toBeInstanceOf(ConnectionError)
        expect(error).toMatchObject({ outcome: 'none', attempts: 2 })
      }
    })

    it('is given up when the call is, also while the tunnel is made', async () => {
      const silent = await rawServer(() => undefined)
      for (const to of [silent.origin, proxy.url]) {
        // The first never answers CONNECT; behind the other there is no TLS.
        const client = openSecure({ proxy: to, connectTimeoutMs: 80 })
        const there = to === proxy.url ? `https://127.0.0.1:${silent.port}/identity/v2.0` : authUrl
        const late = new AstakosClient(TOKEN, there, { usePool, proxy: to, connectTimeoutMs: 80 })
        clients.push(late)
        // oxlint-disable-next-line no-await-in-loop -- two
        expect(await failure(late.getProject('p'))).toMatchObject({
          name: 'Timeout',
          phase: 'connect',
          outcome: 'none',
        })
        // oxlint-disable-next-line no-await-in-loop
        await until(() => silent.open.size === 0)
        // oxlint-disable-next-line no-await-in-loop
        await client.close()
      }
      await silent.close()
    })

    it('is taken from the environment', async () => {
      const { stdout, stderr } = await runChild(script(authUrl, { usePool, tls: { ca: certificates.ca } }), {
        env: { HTTPS_PROXY: proxy.url },
      })
      expect(stderr).toBe('')
      expect(stdout).toBe(`${TOKEN}\n`)
      expect(proxy.asked.map(({ line }) => line.split(' ')[0])).toEqual(['CONNECT'])
    })
  })
}

function script(authUrl: string, options: ClientOptions): string {
  return `
    import { AstakosClient } from './src/index.ts'
    const client = new AstakosClient('${TOKEN}', '${authUrl}', ${JSON.stringify(options)})
    console.log((await client.getProject('p')).id)`
}

describe('the option proxy', () => {
  it('of a wrong form is refused when the client is made, and its password not shown', () => {
    for (const value of [
      '',
      'nonsense',
      'socks5://a',
      'ftp://me:secret@a',
      'http://me:secret%zz@a',
      7,
      true,
      null,
    ] as unknown[]) {
      expect(() => new AstakosClient('t', 'https://a.example.com', { proxy: value } as ClientOptions)).toThrow(BadValue)
      expect(() => new AstakosClient('t', 'https://a.example.com', { proxy: value } as ClientOptions)).not.toThrow(
        /secret/,
      )
    }
  })

  it('does not go with a header for the proxy: that is an error, not a crash', async () => {
    const client = new AstakosClient(TOKEN, server.authUrl, {
      proxy: proxy.url,
      usePool: true,
      poolSize: 1,
      headers: { 'Proxy-Authorization': 'x' },
    })
    clients.push(client)
    expect(await failure(client.getProject('p'))).toBeInstanceOf(ConnectionError)
    expect(await failure(client.getProject('p'))).toMatchObject({ outcome: 'none' })
  })
})
