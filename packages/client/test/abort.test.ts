import { getEventListeners } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { AstakosClient } from '../src/client.ts'
import { deafListener } from './support/deaf-listener.ts'
import { answer, CATALOG, rawServer, type RawServer } from './support/raw-server.ts'
import { clientOf, failure, nodeTransports, pause, transports, until } from './support/transports.ts'

/** A call that is aborted rejects with the signal's reason itself, at once, wherever it is. */

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(cleanUps.splice(0).map((cleanUp) => cleanUp()))
})

async function serve(...args: Parameters<typeof rawServer>): Promise<RawServer> {
  const server = await rawServer(...args)
  cleanUps.push(server.close)
  return server
}

const GOOD = { id: 'p' }
const silent = (): void => undefined

/** Aborts when `ready`, and checks what becomes of the call. */
async function abortOnce(
  call: (signal: AbortSignal) => Promise<unknown>,
  ready: () => Promise<unknown>,
): Promise<void> {
  const controller = new AbortController()
  const reason = { why: 'the user left' }
  const failed = failure(call(controller.signal))
  await ready()
  controller.abort(reason)
  // At once: before anything else in the process has its turn, so that a busy machine makes no difference.
  const turn = new Promise((resolve) => setImmediate(() => resolve('something else came first')))
  expect(await Promise.race([failed, turn])).toBe(reason)
  expect(getEventListeners(controller.signal, 'abort')).toEqual([])
}

for (const transport of transports) {
  const open = (server: { authUrl: string }, more: object = {}): AstakosClient => {
    const client = clientOf(server, transport, more)
    cleanUps.push(() => client.close())
    return client
  }

  describe(`abort over ${transport.name}`, () => {
    it('before the call sends nothing', async () => {
      const server = await serve(silent)
      const client = open(server)
      const reason = new Error('too late')
      const signal = AbortSignal.abort(reason)
      for (const call of [
        client.getProject('p', { signal }),
        client.issueOneCommission('u', 'p', { vm: 1 }, { signal }),
        client.acceptCommission(1, { signal }),
        client.resolveCommissions([1], [], { signal }),
        client.features({ signal }),
        client.getCommissionInfo(1, { resolved: true, signal }),
        client.authenticate({ signal }),
        client.serviceQuotasEntries({ signal }).next(),
      ]) {
        // oxlint-disable-next-line no-await-in-loop -- few
        expect(await failure(call)).toBe(reason)
      }
      expect(server.counts.connections).toBe(0)
      expect(getEventListeners(signal, 'abort')).toEqual([])
    })

    it('without a reason is an AbortError, and a time-out of a signal a TimeoutError', async () => {
      const client = open(await serve(silent))
      expect(await failure(client.getProject('p', { signal: AbortSignal.abort() }))).toMatchObject({
        name: 'AbortError',
      })
      expect(await failure(client.getProject('p', { signal: AbortSignal.timeout(20) }))).toMatchObject({
        name: 'TimeoutError',
      })
    })

    it('in discovery ends it when nobody else waits', async () => {
      const carriers: Socket[] = []
      const server = await serve((_, socket) => void carriers.push(socket), { ownDiscovery: true })
      const client = open(server)
      await abortOnce(
        (signal) => client.getProject('p', { signal }),
        () => until(() => carriers.length === 1),
      )
      // The one that the request is on: Node's own fetch opens another, unused one after an abort.
      await until(() => carriers.every((socket) => !server.open.has(socket)))
      if (!transport.options.fetch) await until(() => server.open.size === 0)
      expect(server.requests).toHaveLength(1)
    })

    it('in discovery leaves it to those who still wait', async () => {
      const held: (() => void)[] = []
      const server = await serve(
        (request, socket) => {
          if (request.path.endsWith('tokens')) held.push(() => socket.write(answer(200, CATALOG)))
          else socket.write(answer(200, GOOD))
        },
        { ownDiscovery: true },
      )
      const client = open(server)
      const other = client.getProject('p')
      await abortOnce(
        (signal) => client.getProject('p', { signal }),
        () => until(() => held.length === 1),
      )
      for (const reply of held) reply()
      expect(await other).toEqual(GOOD)
      expect(held).toHaveLength(1)
    })

    it('while waiting for the answer frees the connection, and the next call works', async () => {
      let asked = 0
      const server = await serve((_, socket) => {
        asked += 1
        if (asked > 1) socket.write(answer(200, GOOD))
      })
      const client = open(server, transport.options.usePool ? { poolSize: 1 } : {})
      await client.getEndpoints()
      await abortOnce(
        (signal) => client.getProject('p', { signal }),
        () => until(() => asked === 1),
      )
      expect(await client.getProject('p')).toEqual(GOOD)
    })

    it('while the body arrives frees the connection, and the next call works', async () => {
      let asked = 0
      const server = await serve((_, socket) => {
        asked += 1
        if (asked > 1) return socket.write(answer(200, GOOD))
        socket.write(answer(200, '{"id', { 'content-length': '100' }))
      })
      const client = open(server, transport.options.usePool ? { poolSize: 1 } : {})
      await abortOnce(
        (signal) => client.getProject('p', { signal }),
        async () => {
          await until(() => asked === 1)
          await pause(10)
        },
      )
      expect(await client.getProject('p')).toEqual(GOOD)
    })

    it('in the pause between attempts makes no other one', async () => {
      const server = await serve((_, socket) => socket.write(answer(503, '', { 'retry-after': '2' })))
      const client = open(server, { retry: 5 })
      await abortOnce(
        (signal) => client.getProject('p', { signal }),
        async () => {
          await until(() => server.requests.length === 1)
          await pause(10)
        },
      )
      await pause(20)
      expect(server.requests).toHaveLength(1)
    })

    it('while an issue waits', async () => {
      const server = await serve(silent, { features: 'idempotent-commissions' })
      const client = open(server, { retry: 3 })
      await abortOnce(
        (signal) => client.issueOneCommission('u', 'p', { vm: 1 }, { signal }),
        () => until(() => server.requests.length === 1),
      )
      await pause(10)
      expect(server.requests).toHaveLength(1)
    })

    it('while it is found out how a commission ended', async () => {
      let accepts = 0
      const server = await serve(
        (request, socket) => {
          if (request.method === 'GET') return
          accepts += 1
          if (accepts === 1) socket.destroy()
          else if (request.path.endsWith('commissions/action'))
            socket.write(
              answer(200, { accepted: [], rejected: [], failed: [[1, { itemNotFound: { code: 404, message: '' } }]] }),
            )
          else socket.write(answer(404, ''))
        },
        { features: 'resolved-commissions' },
      )
      const client = open(server, { retry: 2, retryDelayMsMax: 1 })
      await client.getEndpoints()
      const asked = (): Promise<void> => until(() => server.requests.at(-1)?.method === 'GET')
      await abortOnce((signal) => client.acceptCommission(1, { signal }), asked)
      accepts = 0
      server.requests.length = 0
      await abortOnce((signal) => client.resolveCommissions([1], [], { signal }), asked)
    })

    it('leaves no listener behind after calls that were not aborted', async () => {
      let asked = 0
      const server = await serve((request, socket) => {
        asked += 1
        if (request.path.includes('quotas')) socket.write(answer(200, { u: { p: {} } }))
        else if (asked % 3 === 0) socket.destroy()
        else socket.write(answer(asked % 3 === 1 ? 503 : 200, GOOD))
      })
      const client = open(server, { retry: 2, retryDelayMsMax: 1 })
      const { signal } = new AbortController()
      const warnings: Error[] = []
      const note = (warning: Error): void => void warnings.push(warning)
      process.on('warning', note)
      await Promise.allSettled(Array.from({ length: 30 }, () => client.getProject('p', { signal })))
      for await (const entry of client.serviceQuotasEntries({ signal })) expect(entry[0]).toBe('u')
      expect(getEventListeners(signal, 'abort')).toEqual([])
      await pause(0)
      process.off('warning', note)
      expect(warnings).toEqual([]) // Node's, of a leak
    })
  })
}

for (const transport of nodeTransports) {
  describe(`abort over ${transport.name}`, () => {
    it('while connecting', async () => {
      const deaf = await deafListener()
      cleanUps.push(deaf.close)
      const client = clientOf({ authUrl: `http://127.0.0.1:${deaf.port}/identity/v2.0` }, transport)
      await abortOnce(
        (signal) => client.getProject('p', { signal }),
        () => pause(30),
      )
      await client.close()
    })
  })
}

describe('abort over a fetch that does not heed signals', () => {
  it('rejects at once, and drops the answer when it comes', async () => {
    let cancelled = 0
    let asked = 0
    const fetch = async (input: string | URL | Request): Promise<Response> => {
      const url = input instanceof Request ? input.url : String(input)
      if (url.endsWith('tokens')) return new Response(JSON.stringify(CATALOG))
      asked += 1
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('{')),
        cancel: () => void (cancelled += 1),
      })
      if (url.endsWith('late')) await pause(30)
      return new Response(body)
    }
    const client = clientOf({ authUrl: 'http://127.0.0.1:1/identity/v2.0' }, { name: 'fetch', options: { fetch } })
    await abortOnce(
      (signal) => client.getProject('late', { signal }),
      () => until(() => asked === 1),
    )
    await until(() => cancelled === 1)
    await abortOnce(
      (signal) => client.getProject('p', { signal }),
      async () => {
        await until(() => asked === 2)
        await pause(5)
      },
    )
  })
})
