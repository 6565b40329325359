import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { AstakosClient } from '../src/client.ts'
import { ConnectionError } from '../src/errors.ts'
import { answer, rawServer, type RawRequest, type RawServer } from './support/raw-server.ts'
import { clientOf, failure, nodeTransports, pause, until } from './support/transports.ts'

/**
 * Servers close idle connections whenever they like, also at the moment at which the next request is on its way. The
 * caller must not notice; and what may have been executed must not be sent again.
 */

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(cleanUps.splice(0).map((cleanUp) => cleanUp()))
})

type Closing = (socket: Socket) => void

/** When the server lets go of a connection whose answer it has sent. */
const closings: Readonly<Record<string, Closing>> = {
  'right after the answer': (socket) => socket.end(),
  'with a reset right after the answer': (socket) => setImmediate(() => socket.resetAndDestroy()),
  'after a few milliseconds': (socket) => setTimeout(() => socket.end(), Math.random() * 4),
  'with a reset after a few milliseconds': (socket) => setTimeout(() => socket.resetAndDestroy(), Math.random() * 4),
}

async function serve(
  closing: Closing,
  features = '',
): Promise<{ server: RawServer; delivered: Map<string, number>; keys: Map<string, Set<string>> }> {
  const delivered = new Map<string, number>()
  const keys = new Map<string, Set<string>>()
  const server = await rawServer(
    (request, socket) => {
      if (request.method === 'POST' && request.path.endsWith('/commissions')) {
        const { name } = JSON.parse(request.body) as { name: string }
        delivered.set(name, (delivered.get(name) ?? 0) + 1)
        const key = request.headers['idempotency-key']
        if (key !== undefined) keys.set(name, (keys.get(name) ?? new Set()).add(key))
        socket.write(answer(201, { serial: 1 }, key === undefined ? {} : { 'idempotency-key': key }))
      } else if (request.method === 'POST') socket.write(answer(200, ''))
      else socket.write(answer(200, { id: 'p' }))
      closing(socket)
    },
    { features },
  )
  cleanUps.push(server.close)
  return { server, delivered, keys }
}

function issue(client: AstakosClient, name: string): Promise<number> {
  return client.issueOneCommission('u', 'p', { 'cyclades.vm': 1n }, { name })
}

for (const transport of nodeTransports) {
  const open = (server: RawServer): AstakosClient => {
    const client = clientOf(server, transport, { retry: 0, poolSize: 2 })
    cleanUps.push(() => client.close())
    return client
  }

  describe(`a server that closes idle connections, over ${transport.name}`, () => {
    for (const [when, closing] of Object.entries(closings)) {
      it(`${when}: reads and idempotent calls never fail`, async () => {
        const { server } = await serve(closing)
        const client = open(server)
        for (let call = 0; call < 100; call += 1) {
          // oxlint-disable-next-line no-await-in-loop -- the pause between two calls is what is tried
          await (call % 2 === 0 ? client.getProject('p') : client.acceptCommission(call))
          // oxlint-disable-next-line no-await-in-loop
          if (call % 3 !== 0) await pause(Math.random() * 4)
        }
      })

      it(`${when}: issues without a key are delivered once, on connections of their own`, async () => {
        const { server, delivered } = await serve(closing)
        const client = open(server)
        for (let call = 0; call < 50; call += 1) {
          // oxlint-disable-next-line no-await-in-loop
          await client.getProject('p')
          // oxlint-disable-next-line no-await-in-loop
          if (call % 3 !== 0) await pause(Math.random() * 4)
          // oxlint-disable-next-line no-await-in-loop
          expect(await issue(client, `n${call}`)).toBe(1)
        }
        expect([...delivered.values()].every((times) => times === 1)).toBe(true)
        expect(delivered.size).toBe(50)
        const issues = server.requests.filter(({ path }) => path.endsWith('/commissions'))
        expect(issues.every(({ nth }) => nth === 1)).toBe(true)
      })

      it(`${when}: issues with a key repeat the same one`, async () => {
        const { server, delivered, keys } = await serve(closing, 'idempotent-commissions')
        const client = open(server)
        for (let call = 0; call < 50; call += 1) {
          // oxlint-disable-next-line no-await-in-loop
          expect(await issue(client, `n${call}`)).toBe(1)
          // oxlint-disable-next-line no-await-in-loop
          if (call % 3 !== 0) await pause(Math.random() * 4)
        }
        expect(delivered.size).toBe(50)
        expect([...keys.values()].every((set) => set.size === 1)).toBe(true)
        expect(new Set([...keys.values()].flatMap((set) => [...set])).size).toBe(50)
      })
    }

    it('garbage on a kept connection is an answer: nothing is sent again', async () => {
      const server = await rawServer((request, socket) => {
        if (request.path.endsWith('/projects/q')) socket.end('garbage\r\n\r\n')
        else socket.write(answer(200, { id: 'p' }))
      })
      cleanUps.push(server.close)
      const client = open(server)
      await client.getProject('p')
      const error = await failure(client.getProject('q'))
      expect(error).toBeInstanceOf(ConnectionError)
      expect(error).toMatchObject({ attempts: 1 })
      expect(server.requests.filter(({ path }) => path.endsWith('/projects/q'))).toMatchObject([{ nth: 3 }])
    })

    for (const [how, hangUp] of [
      ['ends', (socket: Socket) => socket.end()],
      ['resets', (socket: Socket) => socket.resetAndDestroy()],
    ] as const) {
      it(`${how} a used connection when the next request comes: it is sent again, once, on a new one`, async () => {
        const seen: RawRequest[] = []
        const server = await rawServer((request, socket) => {
          seen.push(request)
          if (request.nth > 1) return hangUp(socket)
          socket.write(answer(request.path.endsWith('commissions') ? 201 : 200, { serial: 1, id: 'p' }))
        })
        cleanUps.push(server.close)
        const client = open(server)
        await client.getProject('first')
        for (let call = 0; call < 40; call += 1) {
          const before = seen.length
          // oxlint-disable-next-line no-await-in-loop
          await (call % 2 === 0 ? client.getProject('p') : client.rejectCommission(1))
          expect(seen.length - before).toBeLessThanOrEqual(2)
          const issuesBefore = seen.length
          // oxlint-disable-next-line no-await-in-loop
          await issue(client, `n${call}`)
          expect(seen.length - issuesBefore).toBe(1)
          expect(seen.at(-1)).toMatchObject({ nth: 1, body: expect.stringContaining(`"n${call}"`) as string })
        }
      })

      it(`${how} a new connection when a request comes: that is an error, after one request`, async () => {
        const server = await rawServer((_, socket) => hangUp(socket), { closeAfterDiscovery: true })
        cleanUps.push(server.close)
        const client = open(server)
        await client.getEndpoints()
        await pause(5)
        await expect(client.getProject('p')).rejects.toMatchObject({ name: 'ConnectionError', attempts: 1 })
        expect(server.requests).toHaveLength(1)
      })
    }

    it('never takes what a server says unasked for the answer to the next call', async () => {
      let said = 0
      const server = await rawServer((request, socket) => {
        socket.write(answer(200, { id: request.path.split('/').at(-1) }))
        setTimeout(() => {
          socket.write(answer(200, { id: 'poison' }))
          said += 1
        }, 3)
      })
      cleanUps.push(server.close)
      const client = open(server)
      for (let call = 0; call < 30; call += 1) {
        // oxlint-disable-next-line no-await-in-loop
        expect(await client.getProject(`p${call}`)).toEqual({ id: `p${call}` })
        // oxlint-disable-next-line no-await-in-loop
        await until(() => said > call)
        // oxlint-disable-next-line no-await-in-loop
        await pause(4) // it arrives while the connection is idle
      }
    })

    it('costs many calls at once nothing either', async () => {
      const received = new WeakMap<Socket, number>()
      const { server, delivered } = await serve((socket) => {
        const nth = (received.get(socket) ?? 0) + 1
        received.set(socket, nth)
        if (Math.random() < 0.7) return
        // Only if it is idle, as far as the server knows.
        setTimeout(() => received.get(socket) === nth && socket.resetAndDestroy(), Math.random() * 3)
      })
      const client = open(server)
      let issued = 0
      for (let round = 0; round < 20; round += 1) {
        const calls = Array.from({ length: 16 }, (_, index) =>
          index % 4 === 0 ? issue(client, `n${(issued += 1)}`) : client.getProject(`p${index}`),
        )
        // oxlint-disable-next-line no-await-in-loop
        await Promise.all(calls)
        // oxlint-disable-next-line no-await-in-loop
        await pause(Math.random() * 3)
      }
      expect(delivered.size).toBe(issued)
      expect([...delivered.values()].every((times) => times === 1)).toBe(true)
    })
  })
}
