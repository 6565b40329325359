import type { Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AstakosClient } from '../src/client.ts'
import { AstakosClientException, ConnectionError, InvalidResponse, Timeout } from '../src/errors.ts'
import { answer, CATALOG, rawServer, type RawOptions, type RawRequest, type RawServer } from './support/raw-server.ts'
import { clientOf, failure, pause, ProcessWatch, transports, type TransportCase } from './support/transports.ts'

/** Whatever a server does, a call ends in an error that says what is known, and the next call works. */

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(cleanUps.splice(0).map((cleanUp) => cleanUp()))
})

const watch = new ProcessWatch()
beforeAll(() => watch.start())
afterAll(async () => {
  await pause(20) // what is late
  watch.stop()
  expect(watch.seen).toEqual([])
})

type Respond = (socket: Socket, request: RawRequest) => void
type Expected = 'connection' | 'invalid' | 'no serial' | 'timeout' | number

interface Hostility {
  readonly respond: Respond
  readonly expected: Expected
  /** Of an issue, which has a word of its own for a document without a serial. */
  readonly issue?: Expected
  /** Where `node:http` sees it differently. */
  readonly overNodeHttp?: Expected
}

const GOOD = { id: 'p', serial: 7 }
const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'
const deep = (depth: number): string => `{"id":${'['.repeat(depth)}${']'.repeat(depth)}}`

const hostilities: Readonly<Record<string, Hostility>> = {
  'an end without a byte': { respond: (socket) => socket.end(), expected: 'connection' },
  'a reset without a byte': { respond: (socket) => socket.resetAndDestroy(), expected: 'connection' },
  'an end within the status line': { respond: (socket) => socket.end('HTTP/1.'), expected: 'connection' },
  'a reset within the headers': { respond: (socket) => cut(socket, `${HEAD}content-le`), expected: 'connection' },
  'an end within the headers': { respond: (socket) => socket.end(`${HEAD}content-le`), expected: 'connection' },
  'a reset right after the headers': {
    respond: (socket) => cut(socket, `${HEAD}content-length: 10\r\n\r\n`),
    expected: 'connection',
  },
  'a reset within the body': {
    respond: (socket) => cut(socket, `${HEAD}content-length: 10\r\n\r\n{"id`),
    expected: 'connection',
  },
  'a body shorter than its length': {
    respond: (socket) => socket.end(`${HEAD}content-length: 100\r\n\r\n{"id":"p"}`),
    expected: 'connection',
  },
  'a chunked body that ends early': {
    respond: (socket) => socket.end(`${HEAD}transfer-encoding: chunked\r\n\r\na\r\n{"id":"p"}\r\n`),
    expected: 'connection',
  },
  'a chunked body with a size that is none': {
    respond: (socket) => socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\n{"id":"p"}\r\n0\r\n\r\n`),
    expected: 'connection',
  },
  'a chunk longer than its size': {
    respond: (socket) => socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n2\r\n{"id":"p"}\r\n0\r\n\r\n`),
    expected: 'connection',
  },
  'a length that is no number': {
    respond: (socket) => socket.write(`${HEAD}content-length: many\r\n\r\n{"id":"p"}`),
    expected: 'connection',
  },
  'a negative length': {
    respond: (socket) => socket.write(`${HEAD}content-length: -5\r\n\r\n{"id":"p"}`),
    expected: 'connection',
  },
  'two lengths that differ': {
    respond: (socket) => socket.write(`${HEAD}content-length: 10\r\ncontent-length: 12\r\n\r\n{"id":"p"}`),
    expected: 'connection',
  },
  'a length beyond all bounds': {
    respond: (socket) => socket.write(`${HEAD}content-length: 99999999999999999999\r\n\r\n{"id":"p"}`),
    expected: 'connection',
  },
  'a body cut by a length too small': {
    respond: (socket) => socket.write(`${HEAD}content-length: 5\r\n\r\n{"id":"p"}`),
    expected: 'invalid',
    overNodeHttp: 'connection',
  },
  'something else than HTTP': { respond: (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'), expected: 'connection' },
  'a body without a head, as in HTTP/0.9': {
    respond: (socket) => socket.end('<html>hello</html>'),
    expected: 'connection',
  },
  'a status that is no number': {
    respond: (socket) => socket.end('HTTP/1.1 abc OK\r\ncontent-length: 0\r\n\r\n'),
    expected: 'connection',
  },
  'a bomb of headers': {
    respond: (socket) => socket.write(`${HEAD}${`x-bomb: ${'b'.repeat(1000)}\r\n`.repeat(100)}\r\n{}`),
    expected: 'connection',
  },
  'one endless header': {
    respond: (socket) => socket.write(`${HEAD}x-bomb: ${'b'.repeat(200_000)}`),
    expected: 'connection',
  },
  'a change of the protocol': {
    respond: (socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: chat\r\nconnection: upgrade\r\n\r\n'),
    expected: 'connection',
  },
  'an answer larger than allowed': { respond: (socket) => socket.write(answer(200, big())), expected: 'invalid' },
  'an answer larger than allowed, without a length': {
    respond: (socket) => socket.end(Buffer.concat([Buffer.from(`${HEAD}connection: close\r\n\r\n`), big()])),
    expected: 'invalid',
  },
  'an answer larger than allowed, in chunks': {
    respond: (socket) => {
      const body = big()
      socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n${body.byteLength.toString(16)}\r\n`)
      socket.write(body)
    },
    expected: 'invalid',
  },
  'a refusal larger than allowed': { respond: (socket) => socket.write(answer(404, big())), expected: 'invalid' },
  'a drip that never ends': { respond: (socket) => drip(socket, HEAD + 'x-slow: '), expected: 'timeout' },
  'a body that drips': {
    respond: (socket) => drip(socket, `${HEAD}content-length: 9999\r\n\r\n`),
    expected: 'timeout',
  },
  'no answer at all': { respond: () => undefined, expected: 'timeout' },
  'bytes that are no UTF-8': {
    respond: (socket) => socket.write(answer(200, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))),
    expected: 'invalid',
  },
  'text that is no JSON': { respond: (socket) => socket.write(answer(200, '<html>')), expected: 'invalid' },
  'JSON with something behind it': {
    respond: (socket) => socket.write(answer(200, '{"id":"p","serial":7} x')),
    expected: 'invalid',
  },
  'half of a JSON document': { respond: (socket) => socket.write(answer(200, '{"id":"p",')), expected: 'invalid' },
  'another document': {
    respond: (socket) => socket.write(answer(200, '[1,2]')),
    expected: 'invalid',
    issue: 'no serial',
  },
  null: { respond: (socket) => socket.write(answer(200, 'null')), expected: 'invalid', issue: 'no serial' },
  'an empty success': { respond: (socket) => socket.write(answer(200, '')), expected: 'invalid' },
  '204': { respond: (socket) => socket.write('HTTP/1.1 204 No Content\r\n\r\n'), expected: 'invalid' },
  '304': { respond: (socket) => socket.write('HTTP/1.1 304 Not Modified\r\n\r\n'), expected: 304 },
  ...Object.fromEntries(
    [300, 301, 302, 303, 307, 308].map((status) => [
      String(status),
      {
        respond: (socket: Socket) => socket.write(answer(status, 'moved', { location: 'http://127.0.0.1:1/evil' })),
        expected: status,
      },
    ]),
  ),
  '418': { respond: (socket) => socket.write(answer(418, { teapot: { code: 418, message: 'x' } })), expected: 418 },
  '502 with a page': {
    respond: (socket) => socket.write(answer(502, '<html>Bad Gateway</html>', { 'content-type': 'text/html' })),
    expected: 502,
  },
  '503 with bytes that are no UTF-8': {
    respond: (socket) => socket.write(answer(503, Buffer.from([0xff, 0xfe, 0x00]))),
    expected: 503,
  },
  '599': { respond: (socket) => socket.write(answer(599, '')), expected: 599 },
  '999': { respond: (socket) => socket.write(answer(999, '')), expected: 999 },
}

function big(): Buffer {
  return Buffer.alloc(200_000, 0x20)
}

/** A part, and a reset once it is on its way. */
function cut(socket: Socket, part: string): void {
  socket.write(part, () => setTimeout(() => socket.resetAndDestroy(), 2))
}

function drip(socket: Socket, first: string): void {
  socket.write(first)
  const timer = setInterval(() => socket.write('x'), 5)
  socket.on('close', () => clearInterval(timer))
}

/** Bad to the first, good to those that follow. */
async function serve(respond: Respond, options: RawOptions = {}): Promise<{ server: RawServer; rearm: () => void }> {
  let bad = true
  const server = await rawServer((request, socket) => {
    if (bad) {
      bad = false
      return respond(socket, request)
    }
    socket.write(answer(request.path.endsWith('commissions') ? 201 : 200, GOOD))
  }, options)
  cleanUps.push(server.close)
  return { server, rearm: () => (bad = true) }
}

function open(server: RawServer, transport: TransportCase, more: object = {}): AstakosClient {
  const limits = { attemptTimeoutMs: 10_000, maxResponseBytes: 100_000, poolSize: 1 }
  const client = clientOf(server, transport, { ...limits, ...more })
  cleanUps.push(() => client.close())
  return client
}

const CLASSES = {
  connection: ConnectionError,
  invalid: InvalidResponse,
  'no serial': AstakosClientException,
  timeout: Timeout,
}

function check(error: unknown, expected: Expected, outcome: 'none' | 'unknown'): void {
  if (typeof expected === 'number') {
    expect(error).toBeInstanceOf(AstakosClientException)
    expect(error).toMatchObject({ status: expected })
  } else {
    expect(error).toBeInstanceOf(CLASSES[expected])
    if (expected === 'timeout') expect(error).toMatchObject({ phase: 'attempt', timeoutMs: 150 })
    else expect(error).not.toBeInstanceOf(Timeout)
  }
  expect(error).toMatchObject({ outcome, attempts: 1 })
  expect((error as Error).message).not.toBe('')
}

for (const transport of transports) {
  describe(`a hostile server, over ${transport.name}`, () => {
    for (const [what, hostility] of Object.entries(hostilities)) {
      const expected = (transport.name === 'node:http' ? hostility.overNodeHttp : undefined) ?? hostility.expected

      it(`${what}: a call fails as it should, and the next one works`, async () => {
        // Hangs up after discovery, so that nothing is sent again for a stale connection's sake.
        const { server, rearm } = await serve(hostility.respond, { closeAfterDiscovery: true })
        const client = open(server, transport, expected === 'timeout' ? { attemptTimeoutMs: 150 } : {})
        await client.getEndpoints()
        await pause(3)
        check(await failure(client.getProject('p')), expected, 'none')
        expect(await client.getProject('p')).toEqual(GOOD)

        rearm()
        const error = await failure(client.issueOneCommission('u', 'p', { vm: 1 }))
        // A refusal says that nothing was done; 5xx, silence and nonsense don't.
        check(error, hostility.issue ?? expected, typeof expected === 'number' && expected < 500 ? 'none' : 'unknown')
        expect(await client.issueOneCommission('u', 'p', { vm: 1 })).toBe(7)
        expect(server.requests).toHaveLength(4)
      })

      it(`${what}: discovery fails as it should, and is tried again by the next call`, async () => {
        let bad = true
        const server = await rawServer(
          (request, socket) => {
            if (bad) {
              bad = false
              return hostility.respond(socket, request)
            }
            socket.write(answer(200, request.path.endsWith('/tokens') ? CATALOG : GOOD))
          },
          { ownDiscovery: true },
        )
        cleanUps.push(server.close)
        const client = open(server, transport, expected === 'timeout' ? { attemptTimeoutMs: 150 } : {})
        check(await failure(client.issueOneCommission('u', 'p', { vm: 1 })), expected, 'none')
        expect(await client.issueOneCommission('u', 'p', { vm: 1 })).toBe(7)
        expect(server.requests.map(({ path }) => path.split('/').at(-1))).toEqual(['tokens', 'tokens', 'commissions'])
      })
    }

    it('takes JSON for what it is, whatever its type is called', async () => {
      const { server } = await serve((socket) =>
        socket.write(answer(200, GOOD, { 'content-type': 'text/html; charset=latin1' })),
      )
      expect(await open(server, transport).getProject('p')).toEqual(GOOD)
    })

    it('takes JSON without a type', async () => {
      const { server } = await serve((socket) =>
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{"id":"p"}'),
      )
      expect(await open(server, transport).getProject('p')).toEqual({ id: 'p' })
    })

    it('takes an answer without a length that ends with the connection', async () => {
      const { server } = await serve((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n{"id":"p"}'))
      expect(await open(server, transport).getProject('p')).toEqual({ id: 'p' })
    })

    it('takes an answer in small pieces', async () => {
      const { server } = await serve((socket) => {
        const bytes = answer(200, { id: 'ά€😀' })
        let at = 0
        const timer = setInterval(() => {
          if (at >= bytes.byteLength || socket.destroyed) clearInterval(timer)
          else socket.write(bytes.subarray(at, (at += 5)))
        }, 1)
      })
      expect(await open(server, transport).getProject('p')).toEqual({ id: 'ά€😀' })
    })

    it('takes 200,000 nested lists', async () => {
      const { server } = await serve((socket) => socket.write(answer(200, deep(200_000))))
      let { id } = (await open(server, transport, { maxResponseBytes: 1e6 }).getProject('p')) as unknown as {
        id: unknown
      }
      let depth = 0
      while (Array.isArray(id)) {
        depth += 1
        id = (id as unknown[])[0]
      }
      expect(depth).toBe(200_000)
    })

    it('reports 200,000 lists that are not closed as broken', async () => {
      const { server } = await serve((socket) => socket.write(answer(200, `{"id":${'['.repeat(200_000)}`)))
      const client = open(server, transport, { maxResponseBytes: 1e6 })
      expect(await failure(client.getProject('p'))).toBeInstanceOf(InvalidResponse)
    })

    it('passes over 102 and 103 before the answer', async () => {
      const { server } = await serve((socket) => {
        socket.write('HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>; rel=preload\r\n\r\n')
        setTimeout(() => socket.write(answer(200, GOOD)), 5)
      })
      expect(await open(server, transport).getProject('p')).toEqual(GOOD)
    })

    it('passes over 100 before the answer, or fails and goes on', async () => {
      const { server } = await serve((socket) =>
        socket.write(Buffer.concat([Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'), answer(200, GOOD)])),
      )
      const client = open(server, transport)
      // Nobody asked for it, and undici takes it for a bad answer.
      const result = await client.getProject('p').catch((error: unknown) => error)
      if (result instanceof Error) expect(result).toBeInstanceOf(ConnectionError)
      else expect(result).toEqual(GOOD)
      expect(await client.getProject('p')).toEqual(GOOD)
    })

    it('takes an answer that comes before the request was read', async () => {
      const server = await rawServer(
        (request, socket) => request.path.endsWith('p2') && socket.write(answer(200, GOOD)),
        {
          onHead: (request, socket) => {
            if (request.path.endsWith('p1')) socket.end(answer(413, 'too much', { connection: 'close' }))
          },
        },
      )
      cleanUps.push(server.close)
      const client = open(server, transport)
      const error = await failure(client.modifyProject('p1', { description: 'x'.repeat(3_000_000) }))
      // Sometimes the connection is gone before the answer was seen.
      expect(error).toBeInstanceOf(AstakosClientException)
      if (!(error instanceof ConnectionError)) expect(error).toMatchObject({ status: 413, outcome: 'none' })
      expect(await client.getProject('p2')).toEqual(GOOD)
    })

    it('does not follow a redirect, and shows the token to nobody else', async () => {
      const other = await rawServer((_, socket) => socket.write(answer(200, GOOD)))
      cleanUps.push(other.close)
      const { server } = await serve((socket) =>
        socket.write(answer(302, '', { location: `${other.origin}/account/v1.0/projects/p` })),
      )
      expect(await failure(open(server, transport).getProject('p'))).toMatchObject({ status: 302 })
      expect(other.counts.connections).toBe(0)
    })

    it('does not take what follows an answer for the next answer', async () => {
      const { server } = await serve((socket) =>
        socket.write(Buffer.concat([answer(200, GOOD), answer(200, { id: 'poison' })])),
      )
      const client = open(server, transport)
      const first = await client.getProject('p').catch((error: unknown) => error)
      if (first instanceof Error) expect(first).toBeInstanceOf(ConnectionError)
      else expect(first).toEqual(GOOD)
      expect(await client.getProject('p')).toEqual(GOOD)
      expect(await client.getProject('p')).toEqual(GOOD)
    })

    it('survives a greeting before any request', async () => {
      const server = await rawServer((_, socket) => socket.write(answer(200, GOOD)), {
        onConnection: (socket, connection) => connection === 1 && socket.write('220 smtp.example.com ESMTP\r\n'),
      })
      cleanUps.push(server.close)
      const client = open(server, transport)
      expect(await failure(client.getProject('p'))).toBeInstanceOf(ConnectionError)
      expect(await client.getProject('p')).toEqual(GOOD)
    })

    it('survives 60 calls at once that all end badly, in 60 ways', async () => {
      const ways = Object.values(hostilities)
      let turn = 0
      const server = await rawServer((request, socket) => {
        if (request.path.endsWith('good')) return socket.write(answer(200, GOOD))
        ;(ways[(turn += 1) % ways.length] as Hostility).respond(socket, request)
      })
      cleanUps.push(server.close)
      const client = open(server, transport, { poolSize: 8, retry: 1, retryDelayMsMax: 1, attemptTimeoutMs: 150 })
      const results = await Promise.allSettled(Array.from({ length: 60 }, (_, index) => client.getProject(`p${index}`)))
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(AstakosClientException)
      }
      expect(await client.getProject('good')).toEqual(GOOD)
    })
  })
}
