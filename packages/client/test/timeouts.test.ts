import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Timeout } from '../src/errors.ts'
import type { AstakosClient } from '../src/client.ts'
import { runChild } from './support/child.ts'
import { deafListener } from './support/deaf-listener.ts'
import { answer, CATALOG, rawServer, type RawServer } from './support/raw-server.ts'
import { clientOf, failure, nodeTransports, pause, transports, until } from './support/transports.ts'

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(cleanUps.splice(0).map((cleanUp) => cleanUp()))
})

async function serve(...args: Parameters<typeof rawServer>): Promise<RawServer> {
  const server = await rawServer(...args)
  cleanUps.push(server.close)
  return server
}

/** The error, and how long it took. */
async function timed(call: Promise<unknown>): Promise<{ error: unknown; ms: number }> {
  const began = performance.now()
  const error = await failure(call)
  return { error, ms: performance.now() - began }
}

const GOOD = { id: 'p' }
const LONGEST = 2 ** 31 // more than a timer can hold
const silent = (): void => undefined

let deaf: Awaited<ReturnType<typeof deafListener>>
beforeAll(async () => {
  deaf = await deafListener()
})
afterAll(() => deaf.close())

for (const transport of transports) {
  const open = (server: { authUrl: string }, more: object = {}): AstakosClient => {
    const client = clientOf(server, transport, more)
    cleanUps.push(() => client.close())
    return client
  }

  describe(`time-outs over ${transport.name}`, () => {
    it('end an attempt that has no answer', async () => {
      const server = await serve(silent)
      const client = open(server, { attemptTimeoutMs: 60 })
      await client.getEndpoints()
      const { error, ms } = await timed(client.getProject('p'))
      expect(error).toBeInstanceOf(Timeout)
      expect(error).toMatchObject({ phase: 'attempt', timeoutMs: 60, outcome: 'none', attempts: 1, retryable: true })
      expect(error).toMatchObject({ method: 'GET', path: '/projects/{projectId}', status: 500 })
      expect((error as Error).message).toBe('The answer took longer than 60 ms')
      expect(ms).toBeGreaterThanOrEqual(58)
      expect(ms).toBeLessThan(400)
      await until(() => server.open.size === 0 || transport.name !== 'node:http')
    })

    it('end an attempt whose body does not end', async () => {
      const server = await serve((_, socket) => socket.write(answer(200, '{', { 'content-length': '10' })))
      const client = open(server, { attemptTimeoutMs: 60 })
      await client.getEndpoints()
      const { error } = await timed(client.getProject('p'))
      expect(error).toMatchObject({ name: 'Timeout', phase: 'attempt', timeoutMs: 60 })
    })

    it('end a call, whatever it is doing', async () => {
      const server = await serve(silent)
      const client = open(server, { timeoutMs: 60, attemptTimeoutMs: 10_000 })
      await client.getEndpoints()
      const { error, ms } = await timed(client.issueOneCommission('u', 'p', { vm: 1 }))
      expect(error).toMatchObject({ name: 'Timeout', phase: 'call', timeoutMs: 60, outcome: 'unknown' })
      expect((error as Error).message).toBe('The call took longer than 60 ms')
      expect(ms).toBeLessThan(400)
    })

    it('of a call go before those of the client', async () => {
      const server = await serve(silent)
      const client = open(server)
      await client.getEndpoints()
      const { error } = await timed(client.getProject('p', { timeoutMs: 50 }))
      expect(error).toMatchObject({ phase: 'call', timeoutMs: 50 })
    })

    it('end a call in discovery, without ending discovery for those who can wait', async () => {
      const server = await serve(
        (request, socket) => {
          if (request.path.endsWith('tokens')) setTimeout(() => socket.write(answer(200, CATALOG)), 150)
          else socket.write(answer(200, GOOD))
        },
        { ownDiscovery: true },
      )
      const client = open(server)
      const patient = client.getProject('p')
      const { error, ms } = await timed(client.getProject('p', { timeoutMs: 50 }))
      expect(error).toMatchObject({ name: 'Timeout', phase: 'call', timeoutMs: 50, outcome: 'none' })
      expect(ms).toBeLessThan(140)
      expect(await patient).toEqual(GOOD)
      expect(server.requests.filter(({ path }) => path.endsWith('tokens'))).toHaveLength(1)
    })

    it('end a call in a pause between attempts at once, when the pause would be too long', async () => {
      const server = await serve((_, socket) => socket.write(answer(503, '', { 'retry-after': '1' })))
      const client = open(server, { retry: 3, timeoutMs: 500 })
      const { error, ms } = await timed(client.getProject('p'))
      expect(error).toMatchObject({ status: 503, attempts: 1 })
      expect(ms).toBeLessThan(300)
    })

    it('of an attempt lead to another one', async () => {
      let requests = 0
      const server = await serve((_, socket) => {
        requests += 1
        if (requests > 2) socket.write(answer(200, GOOD))
      })
      const client = open(server, { retry: 2, attemptTimeoutMs: 150, retryDelayMsMax: 1 })
      await client.getEndpoints()
      expect(await client.getProject('p')).toEqual(GOOD)
      expect(requests).toBe(3)
    })

    it('of a call end all attempts together', async () => {
      const server = await serve(silent)
      const client = open(server, { retry: 100, attemptTimeoutMs: 40, timeoutMs: 200, retryDelayMsMax: 5 })
      await client.getEndpoints()
      const { error, ms } = await timed(client.getProject('p'))
      expect(error).toBeInstanceOf(Timeout)
      expect((error as Timeout).attempts).toBeGreaterThan(1)
      expect(ms).toBeLessThan(500)
      expect(server.requests.length).toBeLessThanOrEqual(6)
    })

    it('of 0 are none', async () => {
      const server = await serve((_, socket) => setTimeout(() => socket.write(answer(200, GOOD)), 80))
      const client = open(server, { timeoutMs: 0, attemptTimeoutMs: 0, connectTimeoutMs: 0 })
      expect(await client.getProject('p')).toEqual(GOOD)
    })

    it('of 0 for a call are none, whatever the client has', async () => {
      const server = await serve((_, socket) => setTimeout(() => socket.write(answer(200, GOOD)), 120))
      const client = open(server, { timeoutMs: 60 })
      await client.getEndpoints({ timeoutMs: 0 })
      expect(await client.getProject('p', { timeoutMs: 0 })).toEqual(GOOD)
    })

    it('longer than a timer can be do not fire at once', async () => {
      const warnings: Error[] = []
      const note = (warning: Error): void => void warnings.push(warning)
      process.on('warning', note)
      const server = await serve((request, socket) => {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
        setTimeout(
          () => socket.write(request.path.includes('quotas') ? '2\r\n{}\r\n0\r\n\r\n' : 'a\r\n{"id":"p"}\r\n0\r\n\r\n'),
          20,
        )
      })
      const client = open(server, {
        timeoutMs: LONGEST,
        attemptTimeoutMs: LONGEST + 1,
        connectTimeoutMs: LONGEST,
        retryDelayMsMax: Number.MAX_SAFE_INTEGER,
        poolSize: transport.options.usePool ? 1 : undefined,
      })
      const calls = [
        client.getProject('p'),
        client.getProject('p'),
        client.getProject('p', { timeoutMs: Number.MAX_SAFE_INTEGER }),
      ]
      expect(await Promise.all(calls)).toEqual([GOOD, GOOD, GOOD])
      const entries: unknown[] = []
      for await (const entry of client.serviceQuotasEntries()) entries.push(entry)
      expect(entries).toEqual([])
      await pause(0)
      process.off('warning', note)
      expect(warnings).toEqual([])
    })

    it('leave no timer behind', async () => {
      const server = await serve((_, socket) => socket.write(answer(200, GOOD)))
      const client = open(server, { timeoutMs: 600_000, attemptTimeoutMs: 500_000, connectTimeoutMs: 400_000 })
      const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
      await client.getProject('p')
      await pause(5)
      const before = timers()
      await Promise.all(Array.from({ length: 20 }, () => client.getProject('p')))
      await failure(client.getProject('p', { signal: AbortSignal.abort() }))
      await pause(20)
      expect(timers()).toBeLessThanOrEqual(before)
    })
  })
}

for (const transport of nodeTransports) {
  describe(`connecting over ${transport.name}`, () => {
    it('takes no longer than it may', async () => {
      const client = clientOf({ authUrl: `http://127.0.0.1:${deaf.port}/identity/v2.0` }, transport, {
        connectTimeoutMs: 80,
      })
      const { error, ms } = await timed(client.getProject('p'))
      expect(error).toMatchObject({ name: 'Timeout', phase: 'connect', timeoutMs: 80, outcome: 'none', attempts: 1 })
      expect((error as Error).message).toBe('Connecting took longer than 80 ms')
      expect(ms).toBeLessThan(500)
      await client.close()
    })

    it('includes TLS', async () => {
      const server = await serve(silent) // takes the greeting for half a request
      const client = clientOf({ authUrl: `https://127.0.0.1:${server.port}/identity/v2.0` }, transport, {
        connectTimeoutMs: 80,
      })
      const { error } = await timed(client.getProject('p'))
      expect(error).toMatchObject({ name: 'Timeout', phase: 'connect', timeoutMs: 80, outcome: 'none' })
      await until(() => server.open.size === 0)
      await client.close()
    })

    it('is not what a call waits for longer than its own limit', async () => {
      const client = clientOf({ authUrl: `http://127.0.0.1:${deaf.port}/identity/v2.0` }, transport, {
        timeoutMs: 80,
      })
      const { error } = await timed(client.getProject('p'))
      expect(error).toMatchObject({ name: 'Timeout', phase: 'call', timeoutMs: 80, outcome: 'none' })
      await client.close()
    })

    it('that took too long surely sent nothing: even an issue is repeated', async () => {
      const client = clientOf({ authUrl: `http://127.0.0.1:${deaf.port}/identity/v2.0` }, transport, {
        connectTimeoutMs: 40,
        retry: 2,
        retryDelayMsMax: 1,
      })
      expect(await failure(client.issueOneCommission('u', 'p', { vm: 1 }))).toMatchObject({
        name: 'Timeout',
        phase: 'connect',
        attempts: 3,
        outcome: 'none',
      })
      await client.close()
    })

    it('that is given up does not keep the process alive', async () => {
      const { usePool = false } = transport.options
      const { stdout, code } = await runChild(`
        import { AstakosClient } from './src/index.ts'
        const options = { usePool: ${usePool}, proxy: false, connectTimeoutMs: 50 }
        const client = new AstakosClient('t', 'http://127.0.0.1:${deaf.port}/identity/v2.0', options)
        const error = await client.getProject('p').catch((error) => error)
        const ended = performance.now()
        process.on('exit', () => console.log(error.phase, performance.now() - ended < 1000))`)
      expect([stdout, code]).toEqual(['connect true\n', 0])
    })

    it('frees its place in the pool when it took too long', async () => {
      const client = clientOf({ authUrl: `http://127.0.0.1:${deaf.port}/identity/v2.0` }, transport, {
        connectTimeoutMs: 30,
        ...(transport.options.usePool ? { poolSize: 1 } : {}),
      })
      for (let call = 0; call < 3; call += 1) {
        // oxlint-disable-next-line no-await-in-loop -- each would wait for the one before it
        expect(await failure(client.getProject('p'))).toMatchObject({ phase: 'connect' })
      }
      await client.close()
    })
  })
}
