import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { ConnectionError, Timeout } from '../src/errors.ts'
import { runChild } from './support/child.ts'
import { answer, rawServer, type RawRequest, type RawServer } from './support/raw-server.ts'
import {
  clientOf,
  failure,
  nodeTransports,
  pause,
  transports,
  until,
  type TransportCase,
} from './support/transports.ts'
import type { AstakosClient } from '../src/client.ts'

const pool = nodeTransports[1] as TransportCase
const PROJECT = { id: 'p' }

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(cleanUps.splice(0).map((cleanUp) => cleanUp()))
})

async function serve(...args: Parameters<typeof rawServer>): Promise<RawServer> {
  const server = await rawServer(...args)
  cleanUps.push(server.close)
  return server
}

/** A service that keeps every request until the test answers it. */
async function holding(): Promise<{ server: RawServer; held: { request: RawRequest; socket: Socket }[] }> {
  const held: { request: RawRequest; socket: Socket }[] = []
  const server = await serve((request, socket) => held.push({ request, socket }))
  return { server, held }
}

function pooled(server: RawServer, poolSize: number, more: object = {}): AstakosClient {
  const client = clientOf(server, pool, { poolSize, ...more })
  cleanUps.push(() => client.close().catch(() => undefined))
  return client
}

describe('a pool', () => {
  for (const poolSize of [1, 3, 8]) {
    it(`opens no more than ${poolSize} connections for 200 calls at once, and uses them again`, async () => {
      const server = await serve((_, socket) => setTimeout(() => socket.write(answer(200, PROJECT)), 1))
      const client = pooled(server, poolSize)
      const calls = Array.from({ length: 200 }, (_, index) => client.getProject(`p${index}`))
      const answers = await Promise.all(calls)
      expect(answers).toHaveLength(200)
      expect(server.requests).toHaveLength(200)
      expect(server.discoveries).toHaveLength(1)
      expect(server.counts.most).toBeLessThanOrEqual(poolSize)
      expect(server.counts.connections).toBeLessThanOrEqual(poolSize)
    })
  }

  it('keeps to its size when calls fail, are aborted and are sent on connections of their own', async () => {
    const server = await serve((request, socket) => {
      const turn = Number(request.path.slice(-1))
      if (turn === 0) socket.destroy()
      else if (turn === 1) socket.resetAndDestroy()
      else if (turn < 4) setTimeout(() => socket.destroyed || socket.write(answer(500, 'x')), 2)
      else if (turn < 6) return
      else socket.write(answer(200, { ...PROJECT, application: 1 }))
    })
    const client = pooled(server, 4, { timeoutMs: 10_000 })
    const calls = Array.from({ length: 200 }, (_, index) => {
      const options = index % 10 === 4 || index % 10 === 5 ? { signal: AbortSignal.timeout(20 + index) } : {}
      return index % 3 === 0
        ? client.modifyProject(`p${index}`, {}, options) // once: needs a fresh connection
        : client.getProject(`p${index}`, options)
    })
    const results = await Promise.allSettled(calls)
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(80)
    // The server sees an aborted connection end a moment after the client has opened another.
    expect(server.counts.most).toBeLessThanOrEqual(6)
    expect(await client.getProject('p9')).toMatchObject(PROJECT)
  })

  it('serves those who wait in the order in which they came', async () => {
    const server = await serve((_, socket) => socket.write(answer(200, PROJECT)))
    const client = pooled(server, 1)
    await client.getProject('first')
    await Promise.all(Array.from({ length: 50 }, (_, index) => client.getProject(`p${index}`)))
    expect(server.requests.slice(1).map(({ path }) => path.split('/').at(-1))).toEqual(
      Array.from({ length: 50 }, (_, index) => `p${index}`),
    )
  })

  it('lets a waiting call go at its time-out, and sends nothing for it later', async () => {
    const { server, held } = await holding()
    const client = pooled(server, 2)
    const busy = [client.getProject('a'), client.getProject('b')]
    await until(() => held.length === 2)
    const began = performance.now()
    const error = await failure(client.getProject('waiting', { timeoutMs: 50 }))
    const took = performance.now() - began
    expect(error).toBeInstanceOf(Timeout)
    expect(error).toMatchObject({ phase: 'pool', timeoutMs: 50, outcome: 'none', attempts: 1 })
    expect(took).toBeGreaterThanOrEqual(48)
    expect(took).toBeLessThan(80)
    for (const { socket } of held) socket.write(answer(200, PROJECT))
    await Promise.all(busy)
    await pause(20)
    expect(server.requests.map(({ path }) => path)).toEqual(['/account/v1.0/projects/a', '/account/v1.0/projects/b'])
  })

  it('lets a waiting call go when it is aborted, and sends nothing for it later', async () => {
    const { server, held } = await holding()
    const client = pooled(server, 1)
    const busy = client.getProject('a')
    await until(() => held.length === 1)
    const controller = new AbortController()
    const waiting = client.getProject('waiting', { signal: controller.signal })
    const next = client.getProject('next')
    await pause(10)
    const reason = new Error('not wanted any more')
    const began = performance.now()
    controller.abort(reason)
    expect(await failure(waiting)).toBe(reason)
    expect(performance.now() - began).toBeLessThan(10)
    held[0]?.socket.write(answer(200, PROJECT))
    await busy
    await until(() => held.length === 2)
    held[1]?.socket.write(answer(200, PROJECT))
    await next
    expect(server.requests.map(({ path }) => path.split('/').at(-1))).toEqual(['a', 'next'])
  })

  it('gives the place of an aborted call to the next one', async () => {
    const { server, held } = await holding()
    const client = pooled(server, 1)
    const controller = new AbortController()
    const first = client.getProject('a', { signal: controller.signal })
    await until(() => held.length === 1)
    const second = client.getProject('b')
    controller.abort(new Error('enough'))
    await expect(first).rejects.toThrow('enough')
    await until(() => held.length === 2)
    held[1]?.socket.write(answer(200, PROJECT))
    expect(await second).toEqual(PROJECT)
  })

  it('gives the place of a call that timed out to the next one', async () => {
    const { server, held } = await holding()
    const client = pooled(server, 1, { attemptTimeoutMs: 30 })
    const first = client.getProject('a')
    await until(() => held.length === 1)
    const second = client.getProject('b')
    await expect(first).rejects.toThrow(Timeout)
    await until(() => held.length === 2)
    held[1]?.socket.write(answer(200, PROJECT))
    expect(await second).toEqual(PROJECT)
  })

  it('has a size for each origin', async () => {
    const { server, held } = await holding()
    const other = await serve((_, socket) => socket.write(answer(200, PROJECT)))
    const client = pooled(server, 1)
    const elsewhere = pooled(other, 1)
    const busy = client.getProject('a')
    await until(() => held.length === 1)
    expect(await elsewhere.getProject('b')).toEqual(PROJECT)
    held[0]?.socket.write(answer(200, PROJECT))
    await busy
  })

  it('is shared with clients for other tokens', async () => {
    const server = await serve((_, socket) => setTimeout(() => socket.write(answer(200, PROJECT)), 1))
    const client = pooled(server, 2)
    await Promise.all(Array.from({ length: 40 }, (_, index) => client.withToken(`t${index}`).getProject('p')))
    expect(server.counts.connections).toBeLessThanOrEqual(2)
    expect(server.discoveries).toHaveLength(1)
    expect(new Set(server.requests.map(({ headers }) => headers['x-auth-token'])).size).toBe(40)
  })
})

describe('close', () => {
  it('waits for running calls, ends the connections and refuses later calls', async () => {
    const { server, held } = await holding()
    const client = pooled(server, 4)
    const running = [client.getProject('a'), client.getProject('b')]
    await until(() => held.length === 2)
    let closed = false
    const closing = client.close().then(() => (closed = true))
    await expect(client.getProject('late')).rejects.toMatchObject({ name: 'BadValue', argument: 'client' })
    await pause(10)
    expect(closed).toBe(false)
    for (const { socket } of held) socket.write(answer(200, PROJECT))
    await Promise.all([...running, closing])
    await until(() => server.open.size === 0)
    await client.close()
    await client[Symbol.asyncDispose]()
  })

  it('does nothing on a client for another token', async () => {
    const server = await serve((_, socket) => socket.write(answer(200, PROJECT)))
    const client = pooled(server, 1)
    await client.withToken('other').close()
    expect(await client.getProject('p')).toEqual(PROJECT)
  })

  it('before any call is fine', async () => {
    const server = await serve(() => undefined)
    await pooled(server, 1).close()
    expect(server.counts.connections).toBe(0)
  })

  it('does not wait for calls that were aborted or timed out', async () => {
    const { server, held } = await holding()
    const client = pooled(server, 2)
    const controller = new AbortController()
    const calls = [client.getProject('a', { signal: controller.signal }), client.getProject('b', { timeoutMs: 60 })]
    await until(() => held.length === 2)
    controller.abort()
    await Promise.allSettled(calls)
    await client.close()
    await until(() => server.open.size === 0)
  })
})

for (const transport of transports) {
  describe(`connections over ${transport.name}`, () => {
    it('are used again', async () => {
      const server = await serve((_, socket) => socket.write(answer(200, PROJECT)))
      const client = clientOf(server, transport)
      cleanUps.push(() => client.close())
      for (let call = 0; call < 20; call += 1) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await client.getProject('p')
      }
      // The runtime's fetch gives a connection back a moment after the answer's end.
      expect(server.counts.connections).toBeLessThanOrEqual(transport.options.fetch ? 2 : 1)
    })

    it('that nobody listens for are a ConnectionError without a trace', async () => {
      const server = await rawServer(() => undefined)
      await server.close()
      const client = clientOf(server, transport)
      const error = await failure(client.getProject('p'))
      expect(error).toBeInstanceOf(ConnectionError)
      expect(error).not.toBeInstanceOf(Timeout)
      expect(error).toMatchObject({ outcome: 'none', status: 500, retryable: true })
      expect((error as Error).message).toContain('ECONNREFUSED')
      await client.close()
    })

    it('send a whole request: path, token, length', async () => {
      const server = await serve((_, socket) => socket.write(answer(200, { id: 1, application: 1 })))
      const client = clientOf(server, transport)
      cleanUps.push(() => client.close())
      await client.modifyProject('p', { name: 'ά' })
      await client.getEndpoints()
      const [request] = server.requests
      expect(request).toMatchObject({ method: 'PUT', path: '/account/v1.0/projects/p', body: '{"name":"ά"}' })
      expect(request?.headers).toMatchObject({
        'x-auth-token': 'test-token',
        'content-length': '13',
        'content-type': 'application/json',
        host: `127.0.0.1:${server.port}`,
      })
      expect(request?.headers['transfer-encoding']).toBeUndefined()
      for (const discovery of server.discoveries) expect(discovery.headers['content-length']).toBe('0')
    })
  })

  describe(`a process that calls over ${transport.name}`, () => {
    const { usePool = false, fetch } = transport.options
    const options = fetch ? '{ fetch: globalThis.fetch }' : JSON.stringify({ usePool, proxy: false })
    const script = (authUrl: string, end: string): string => `
      import { AstakosClient } from './src/index.ts'
      const client = new AstakosClient('t', '${authUrl}', ${options})
      console.log((await client.getProject('p')).id)
      ${end}
      process.on('exit', () => console.log('exit', Math.round(performance.now() - ended)))
      const ended = performance.now()`

    it('ends by itself without close', async () => {
      const server = await serve((_, socket) => socket.write(answer(200, PROJECT)))
      const { stdout, stderr, code } = await runChild(script(server.authUrl, ''))
      expect(stderr).toBe('')
      expect(code).toBe(0)
      const [id, exit] = stdout.trim().split('\n')
      expect(id).toBe('p')
      expect(Number(exit?.split(' ')[1])).toBeLessThan(1000)
    })

    it('ends at once after close', async () => {
      const server = await serve((_, socket) => socket.write(answer(200, PROJECT)))
      const { stdout, code } = await runChild(script(server.authUrl, 'await client.close()'))
      expect(code).toBe(0)
      expect(Number(stdout.trim().split('exit ')[1])).toBeLessThan(1000)
    })
  })
}
