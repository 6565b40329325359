import fc from 'fast-check'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { AstakosClient } from '../src/client.ts'
import { BadValue, ConnectionError, InvalidResponse, NotFound, Timeout } from '../src/errors.ts'
import { EntrySplitter } from '../src/wire/entries.ts'
import { parseQuantities } from '../src/wire/json.ts'
import { runChild } from './support/child.ts'
import { answer, rawServer, type RawServer } from './support/raw-server.ts'
import { clientOf, failure, pause, transports, until, type TransportCase } from './support/transports.ts'

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(cleanUps.splice(0).map((cleanUp) => cleanUp()))
})

async function serve(...args: Parameters<typeof rawServer>): Promise<RawServer> {
  const server = await rawServer(...args)
  cleanUps.push(server.close)
  return server
}

function open(server: RawServer, transport: TransportCase, more: object = {}): AstakosClient {
  const client = clientOf(server, transport, more)
  cleanUps.push(() => client.close())
  return client
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

const QUOTA =
  '{"limit":9223372036854775807,"usage":1,"pending":0,"project_limit":9223372036854775807,"project_usage":1,"project_pending":0}'
/** All that may confuse: braces, commas and quotation marks in strings and names, characters of 2 to 4 bytes, large numbers. */
const TRICKY = `{"ά€😀":{"p}}},\\"x":{"cyclades.vm":${QUOTA}}},"u2\\\\":{"p":{"r":${QUOTA}},"s":{"a,b":${QUOTA},"c":{"limit":-9223372036854775808}}},"":{},"u}}},":{"p":{}}}`

/** What a splitter makes of chunks: entries, and the fault if there is one. */
function split(
  chunks: readonly Uint8Array[],
  depth = 3,
  maxBytes = 1 << 20,
): { entries: unknown[]; error: string | null } {
  const splitter = new EntrySplitter(depth, maxBytes)
  const entries: unknown[] = []
  for (const chunk of chunks) entries.push(...splitter.push(chunk))
  entries.push(...splitter.end())
  return { entries, error: splitter.error?.message ?? null }
}

function cutAt(bytes: Uint8Array, ...places: readonly number[]): Uint8Array[] {
  const sorted = [0, ...places, bytes.byteLength].sort((a, b) => a - b)
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end))
}

describe('the splitter of entries', () => {
  const expected = Object.entries(parseQuantities(TRICKY) as object)
  const bytes = encode(TRICKY)

  it('finds the same entries wherever the text is cut', () => {
    for (let at = 0; at <= bytes.byteLength; at += 1)
      expect(split(cutAt(bytes, at))).toEqual({ entries: expected, error: null })
  })

  it('finds the same entries when every byte comes alone', () => {
    const chunks = Array.from(bytes, (byte) => Uint8Array.of(byte))
    for (const depth of [1, 2, 3, 4]) expect(split(chunks, depth)).toEqual({ entries: expected, error: null })
  })

  it('agrees with the parser on any object, however it is cut', () => {
    const keys = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('}}},', '"', '\\', '{', '__proto__', 'limit', '€'),
    )
    const object = fc.dictionary(keys, fc.jsonValue({ maxDepth: 4 }), { maxKeys: 8 })
    fc.assert(
      fc.property(
        object,
        fc.array(fc.nat(400), { maxLength: 12 }),
        fc.constantFrom(0, 1, 2),
        fc.integer({ min: 1, max: 3 }),
        (value, places, indent, depth) => {
          const text = JSON.stringify(value, null, indent)
          const whole = encode(text)
          const { entries, error } = split(
            cutAt(whole, ...places.map((place) => Math.min(place, whole.byteLength))),
            depth,
          )
          expect(error).toBeNull()
          expect(new Map(entries as [string, unknown][])).toEqual(
            new Map(Object.entries(parseQuantities(text) as object)),
          )
        },
      ),
      { numRuns: 200 },
    )
  })

  it('gives out what comes before a fault, and finds the fault, wherever the text is cut', () => {
    const faults: readonly [text: string, names: string[]][] = [
      ['{"a":{},"b":{},}', ['a', 'b']],
      ['{"a":{},,"b":{}}', ['a']],
      ['{,"a":{}}', []],
      ['{,}', []],
      ['{"a":{} "b":{}}', []],
      ['{"a":{},"b":nonsense,"c":{}}', ['a']],
      ['{"a":{},"b":{"c":"\u0001"},"d":{}}', ['a']],
      ['{"a":{},"b"}', ['a']],
      ['{"a":{},b:{}}', ['a']],
      ['{"a":{},"b":{}} x', ['a', 'b']],
      ['{"a":{},"b":{}}{"c":{}}', ['a', 'b']],
      ['{"a":{},"b":{}}}', ['a', 'b']],
      ['{"a":{},"b":{}},', ['a', 'b']],
      ['{"a":{},"b":{}]', ['a']],
      ['{"a":{},"b":{]}}', ['a']],
      ['{"a":{},"b":{}', ['a']],
      ['{"a":{},"b":12', ['a']],
      ['{"a":{},"b":{},', ['a', 'b']],
      ['{"a":{},"b":"', ['a']],
      ['{"a":{},"b":"\\', ['a']],
      ['{', []],
      ['', []],
      ['  ', []],
      ['[]', []],
      ['[{"a":{}}]', []],
      ['null', []],
      ['"a"', []],
      ['7', []],
      ['<html>', []],
      ['{}x', []],
      ['{} {}', []],
    ]
    for (const [text, names] of faults) {
      const whole = encode(text)
      for (let at = 0; at <= whole.byteLength; at += 1) {
        const { entries, error } = split(cutAt(whole, at))
        const found = (entries as [string, unknown][]).map(([name]) => name)
        expect([text, at, found]).toEqual([text, at, names])
        expect([text, at, typeof error]).toEqual([text, at, 'string'])
      }
    }
  })

  it('never gives out an entry of a text that is cut short which the whole would not have', () => {
    for (let end = 0; end < bytes.byteLength; end += 1) {
      const { entries, error } = split(cutAt(bytes.subarray(0, end), Math.floor(end / 2)))
      expect(entries).toEqual(expected.slice(0, entries.length))
      expect(error).not.toBeNull()
    }
  })

  it('refuses bytes that are no UTF-8, after what comes before them', () => {
    const broken = Uint8Array.from([...encode('{"a":{},"b'), 0xff, ...encode('":{},"c":{}}')])
    for (let at = 0; at <= broken.byteLength; at += 1) {
      expect(split(cutAt(broken, at))).toEqual({ entries: [['a', {}]], error: 'Not UTF-8' })
    }
  })

  it('takes white space wherever it may be, and a byte order mark at the start', () => {
    for (const text of [' \n{ \t"a" : { } , \r\n "b":{}\n}\n \n', '\ufeff{"a":{},"b":{}}', '\ufeff {"a":{},"b":{}}']) {
      const whole = encode(text)
      for (let at = 0; at <= whole.byteLength; at += 1) {
        expect(split(cutAt(whole, at))).toEqual({
          entries: [
            ['a', {}],
            ['b', {}],
          ],
          error: null,
        })
      }
    }
    for (const text of ['{}', ' { } ', '{\n}\n']) {
      for (let at = 0; at <= text.length; at += 1)
        expect(split(cutAt(encode(text), at))).toEqual({ entries: [], error: null })
    }
  })

  it('refuses a byte order mark anywhere else', () => {
    expect(split([encode('{"a":{},\ufeff"b":{}}')])).toMatchObject({
      entries: [['a', {}]],
      error: expect.any(String) as string,
    })
  })

  it('takes an entry up to the largest size and refuses a larger one', () => {
    const entry = (size: number): Uint8Array => encode(`{"a":{},"b":"${'x'.repeat(size)}","c":{}}`)
    const chunked = (whole: Uint8Array): Uint8Array[] =>
      cutAt(whole, ...Array.from({ length: Math.floor(whole.byteLength / 1000) }, (_, index) => index * 1000))
    expect(split(chunked(entry(90_000)), 3, 100_000)).toMatchObject({ error: null })
    expect(split(chunked(entry(300_000)), 3, 100_000)).toEqual({
      entries: [['a', {}]],
      error: 'An entry is larger than 100000 bytes',
    })
  })
})

/** Entries, and the error at their end. */
async function collect<T>(entries: AsyncIterable<T>): Promise<{ entries: T[]; error: unknown }> {
  const seen: T[] = []
  try {
    for await (const entry of entries) seen.push(entry)
  } catch (error) {
    return { entries: seen, error }
  }
  return { entries: seen, error: null }
}

const CHUNKED = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n'

function chunk(socket: Socket, text: string | Uint8Array): void {
  const bytes = Buffer.from(text)
  socket.write(`${bytes.byteLength.toString(16)}\r\n`)
  socket.write(bytes)
  socket.write('\r\n')
}

const user = (name: string): string => `"${name}":{"p":{"cyclades.vm":${QUOTA}}}`

for (const transport of transports) {
  const one = transport.options.usePool ? { poolSize: 1 } : {}

  describe(`streams over ${transport.name}`, () => {
    it('send the request of the method that reads all at once', async () => {
      const server = await serve((_, socket) => socket.write(answer(200, '{}')))
      const client = open(server, transport)
      await collect(client.serviceQuotasEntries({ user: ['a', 'b'], projectId: 'p', headers: { 'x-client-ip': '1' } }))
      await collect(client.serviceProjectQuotasEntries({ projectId: ['p', 'q'] }))
      await client.serviceGetQuotas({ user: ['a', 'b'], projectId: 'p', headers: { 'x-client-ip': '1' } })
      const [streamed, projects, whole] = server.requests
      expect(streamed?.path).toBe('/account/v1.0/service_quotas?user=a%2Cb&project=p')
      expect(projects?.path).toBe('/account/v1.0/service_project_quotas?project=p%2Cq')
      expect({ ...streamed, nth: 0, connection: 0 }).toEqual({ ...whole, nth: 0, connection: 0 })
    })

    it('send nothing before the first entry is asked for, and refuse bad filters then', async () => {
      const server = await serve((_, socket) => socket.write(answer(200, '{}')))
      const client = open(server, transport)
      client.serviceQuotasEntries()
      await pause(10)
      expect(server.counts.connections).toBe(0)
      for (const filter of [
        { user: [] },
        { user: '' },
        { projectId: [''] },
        { timeoutMs: -1 },
        { signal: 1 },
        'x',
        null,
      ]) {
        // oxlint-disable-next-line no-await-in-loop -- few
        expect(await failure(client.serviceQuotasEntries(filter as never).next())).toBeInstanceOf(BadValue)
      }
      expect(server.counts.connections).toBe(0)
    })

    it('agree with the method that reads all at once', async () => {
      let text = ''
      let places: number[] = []
      const server = await serve((request, socket) => {
        if (request.headers['x-whole'] !== undefined) return socket.write(answer(200, text))
        socket.write(CHUNKED)
        for (const part of cutAt(encode(text), ...places)) if (part.byteLength > 0) chunk(socket, part)
        socket.write('0\r\n\r\n')
      })
      const client = open(server, transport)
      const amount = fc.oneof(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.constant(2n ** 63n - 1n),
        fc.nat(),
      )
      const quota = fc.record({ limit: amount, usage: amount, pending: amount, project_limit: amount })
      const name = fc.oneof(fc.uuid(), fc.string({ unit: 'grapheme' }))
      const document = fc.dictionary(
        name,
        fc.dictionary(name, fc.dictionary(name, quota, { maxKeys: 3 }), { maxKeys: 3 }),
        { maxKeys: 5 },
      )
      await fc.assert(
        fc.asyncProperty(document, fc.array(fc.nat(3000), { maxLength: 5 }), async (value, cuts) => {
          text = JSON.stringify(value, (_, item: unknown) =>
            typeof item === 'bigint' ? `big:${item}` : item,
          ).replaceAll(/"big:(-?\d+)"/g, '$1')
          const { byteLength } = encode(text)
          places = cuts.map((cut) => Math.min(cut, byteLength))
          const { entries, error } = await collect(client.serviceQuotasEntries())
          expect(error).toBeNull()
          const whole = await client.serviceGetQuotas({ headers: { 'x-whole': '1' } })
          expect(new Map(entries)).toEqual(new Map(Object.entries(whole)))
        }),
        { numRuns: 60 },
      )
    })

    it('hand an entry on before the rest has come', async () => {
      const sockets: Socket[] = []
      const server = await serve((_, socket) => {
        sockets.push(socket)
        socket.write(CHUNKED)
        chunk(socket, `{${user('a')},`)
      })
      const entries = open(server, transport).serviceQuotasEntries()
      expect((await entries.next()).value?.[0]).toBe('a')
      const next = entries.next()
      chunk(sockets[0] as Socket, `${user('b')},${user('c')}`)
      expect((await next).value?.[0]).toBe('b')
      chunk(sockets[0] as Socket, '}')
      expect((await entries.next()).value?.[0]).toBe('c')
      sockets[0]?.write('0\r\n\r\n')
      expect(await entries.next()).toEqual({ value: undefined, done: true })
      expect(await entries.next()).toEqual({ value: undefined, done: true })
    })

    it('of projects have their quotas', async () => {
      const server = await serve((_, socket) =>
        socket.write(answer(200, '{"p":{"r":{"project_limit":5,"project_usage":0,"project_pending":0}}}')),
      )
      const { entries } = await collect(open(server, transport).serviceProjectQuotasEntries())
      expect(entries).toEqual([['p', { r: { project_limit: 5n, project_usage: 0n, project_pending: 0n } }]])
    })

    it('take one huge entry', async () => {
      const resources = Array.from({ length: 20_000 }, (_, index) => `"r${index}":${QUOTA}`).join(',')
      const server = await serve((_, socket) => socket.write(answer(200, `{"u":{"p":{${resources}}}}`)))
      const { entries, error } = await collect(open(server, transport).serviceQuotasEntries())
      expect(error).toBeNull()
      expect(Object.keys(entries[0]?.[1]['p'] ?? {})).toHaveLength(20_000)
    })

    it('throw the error of a refusal', async () => {
      const server = await serve((_, socket) =>
        socket.write(answer(404, '{"itemNotFound":{"code":404,"message":"x"}}')),
      )
      const client = open(server, transport, one)
      const { entries, error } = await collect(client.serviceQuotasEntries())
      expect(entries).toEqual([])
      expect(error).toBeInstanceOf(NotFound)
      expect(error).toMatchObject({ fault: { message: 'x' }, path: '/service_quotas' })
      expect((await collect(client.serviceQuotasEntries())).error).toBeInstanceOf(NotFound)
    })

    it('are tried again as long as nothing has come', async () => {
      let asked = 0
      const server = await serve((_, socket) => {
        asked += 1
        if (asked === 1) socket.write(answer(503, ''))
        else if (asked === 2) socket.destroy()
        else socket.write(answer(200, `{${user('a')}}`))
      })
      const client = open(server, transport, { retry: 2, retryDelayMsMax: 1 })
      await client.getEndpoints()
      const { entries, error } = await collect(client.serviceQuotasEntries())
      expect(error).toBeNull()
      expect(entries).toHaveLength(1)
      expect(asked).toBe(3)
    })

    it('that break off throw after the entries before it', async () => {
      const breaks: Readonly<Record<string, (socket: Socket) => void>> = {
        end: (socket) => socket.end(),
        reset: (socket) => setTimeout(() => socket.resetAndDestroy(), 5),
      }
      const server = await serve((request, socket) => {
        socket.write(CHUNKED)
        chunk(socket, `{${user('a')},${user('b')},"c":{"p`)
        breaks[request.headers['x-how'] ?? '']?.(socket)
      })
      const client = open(server, transport, { ...one, retry: 3 })
      for (const how of Object.keys(breaks)) {
        // oxlint-disable-next-line no-await-in-loop -- few
        const { entries, error } = await collect(client.serviceQuotasEntries({ headers: { 'x-how': how } }))
        expect(entries.map(([name]) => name)).toEqual(['a', 'b'])
        expect(error).toBeInstanceOf(ConnectionError)
        expect(error).toMatchObject({ outcome: 'none', method: 'GET', path: '/service_quotas' })
      }
      expect(server.requests).toHaveLength(2)
    })

    it('that are no such document throw after the entries before the fault, and free the connection', async () => {
      const server = await serve((request, socket) => {
        if (request.path.includes('projects')) return socket.write(answer(200, { id: 'p' }))
        socket.write(CHUNKED)
        chunk(socket, `{${user('a')},`)
        setTimeout(() => chunk(socket, 'nonsense,'), 10)
      })
      const client = open(server, transport, one)
      const { entries, error } = await collect(client.serviceQuotasEntries())
      expect(entries.map(([name]) => name)).toEqual(['a'])
      expect(error).toBeInstanceOf(InvalidResponse)
      expect(error).toMatchObject({ method: 'GET', path: '/service_quotas', attempts: 1 })
      expect(await client.getProject('p')).toEqual({ id: 'p' })
    })

    it('are over after an error', async () => {
      const server = await serve((_, socket) => socket.write(answer(200, '[]')))
      const entries = open(server, transport).serviceQuotasEntries()
      expect(await failure(entries.next())).toBeInstanceOf(InvalidResponse)
      expect(await entries.next()).toEqual({ value: undefined, done: true })
    })

    for (const [how, leave] of [
      ['break', 'break'],
      ['an exception in the loop', 'throw'],
    ] as const) {
      it(`free the connection on ${how}: the next call works at once`, async () => {
        const server = await serve((request, socket) => {
          if (request.path.includes('projects')) return socket.write(answer(200, { id: 'p' }))
          socket.write(CHUNKED)
          chunk(socket, `{${user('a')},${user('b')},`)
        })
        const client = open(server, transport, one)
        const read = async (): Promise<void> => {
          for await (const [name] of client.serviceQuotasEntries()) {
            expect(name).toBe('a')
            if (leave === 'break') break
            throw new Error('enough')
          }
        }
        await read().catch((error: unknown) => expect((error as Error).message).toBe('enough'))
        expect(await client.getProject('p')).toEqual({ id: 'p' })
        if (!transport.options.fetch) await until(() => server.open.size <= 1)
        await client.close()
      })
    }

    it('can be left while an entry is awaited, before and within the answer', async () => {
      const server = await serve((request, socket) => {
        if (request.headers['x-begin'] === undefined) return void setTimeout(() => socket.write(answer(200, '{}')), 30)
        socket.write(CHUNKED)
        chunk(socket, '{')
      })
      const client = open(server, transport, one)
      await client.getEndpoints()
      for (const headers of [{}, { 'x-begin': '1' }] as Record<string, string>[]) {
        const asked = server.requests.length
        const entries = client.serviceQuotasEntries({ headers })
        const [first, second] = [entries.next(), entries.next()]
        // oxlint-disable-next-line no-await-in-loop -- few
        await until(() => server.requests.length > asked)
        // oxlint-disable-next-line no-await-in-loop
        await pause(10)
        // oxlint-disable-next-line no-await-in-loop
        expect(await entries.return?.()).toEqual({ value: undefined, done: true })
        // oxlint-disable-next-line no-await-in-loop
        expect(await Promise.all([first, second])).toEqual(
          Array.from({ length: 2 }, () => ({ value: undefined, done: true })),
        )
      }
      await client.close() // would wait for a stream that is still open
    })

    it('left before they begin send nothing', async () => {
      const server = await serve(() => undefined)
      const entries = open(server, transport).serviceQuotasEntries()
      expect(await entries.return?.()).toEqual({ value: undefined, done: true })
      expect(await entries.next()).toEqual({ value: undefined, done: true })
      expect(server.counts.connections).toBe(0)
    })

    it('wait for each chunk as long as the time-out says, and no longer', async () => {
      const server = await serve((_, socket) => {
        socket.write(CHUNKED)
        chunk(socket, '{')
        let sent = 0
        const timer = setInterval(() => {
          sent += 1
          if (sent > 6 || socket.destroyed) return clearInterval(timer)
          chunk(socket, `${user(`u${sent}`)},`)
        }, 40)
      })
      const client = open(server, transport, one)
      await client.getEndpoints()
      const began = performance.now()
      const { entries, error } = await collect(client.serviceQuotasEntries({ timeoutMs: 150 }))
      expect(entries).toHaveLength(6) // which took longer than 150 ms together
      expect(error).toBeInstanceOf(Timeout)
      expect(error).toMatchObject({ phase: 'call', timeoutMs: 150 })
      expect(performance.now() - began).toBeGreaterThan(350)
      if (!transport.options.fetch) await until(() => server.open.size === 0)
    })

    it('wait for no longer than the time-out for the answer to begin', async () => {
      const server = await serve(() => undefined)
      const client = open(server, transport)
      await client.getEndpoints()
      expect((await collect(client.serviceQuotasEntries({ timeoutMs: 50 }))).error).toMatchObject({
        name: 'Timeout',
        timeoutMs: 50,
      })
    })

    it('are aborted at once, with the reason of the signal', async () => {
      const server = await serve((request, socket) => {
        if (request.path.includes('projects')) return socket.write(answer(200, { id: 'p' }))
        socket.write(CHUNKED)
        chunk(socket, `{${user('a')},${user('b')},${user('c')},`)
      })
      const client = open(server, transport, one)
      for (const read of [0, 1, 3]) {
        const controller = new AbortController()
        const entries = client.serviceQuotasEntries({ signal: controller.signal })
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        for (let entry = 0; entry < read; entry += 1) await entries.next()
        const reason = new Error('enough')
        const next = read === 1 ? null : failure(entries.next())
        // oxlint-disable-next-line no-await-in-loop
        if (next) await pause(read === 0 ? 0 : 20)
        controller.abort(reason)
        // oxlint-disable-next-line no-await-in-loop
        expect(await (next ?? failure(entries.next()))).toBe(reason)
        // oxlint-disable-next-line no-await-in-loop
        expect(await entries.next()).toEqual({ value: undefined, done: true })
      }
      expect(await client.getProject('p')).toEqual({ id: 'p' })
    })

    it('that are read slowly make the server wait', async () => {
      let pushed = 0
      const server = await serve((_, socket) => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n{')
        const block = `${Array.from({ length: 400 }, (_, index) => user(`u${index}`)).join(',')},`
        const push = (): void => {
          while (!socket.destroyed && socket.write(block)) pushed += block.length
          if (!socket.destroyed) pushed += block.length
        }
        socket.on('drain', push)
        push()
      })
      const entries = open(server, transport).serviceQuotasEntries()
      await entries.next()
      await pause(150)
      const before = pushed
      await pause(100)
      expect(pushed - before).toBeLessThan(1e6) // it has come to rest
      // What the two kernels hold, and what the client does.
      expect(pushed).toBeLessThan(24e6)
      for (let entry = 0; entry < 50_000; entry += 1) {
        // oxlint-disable-next-line no-await-in-loop -- that is reading
        await entries.next()
      }
      expect(pushed).toBeGreaterThan(before) // and goes on when they are read
      await entries.return?.()
    })
  })

  describe(`a large stream over ${transport.name}`, () => {
    const megabytes = transport.options.usePool ? 200 : 30
    it(`of ${megabytes} MB is read in constant memory`, async () => {
      const block = `${Array.from({ length: 400 }, (_, index) => user(`u${index}-b3de8eb0-3958-477e`)).join(',')},`
      const blocks = Math.ceil((megabytes * 1e6) / block.length)
      const server = await serve((_, socket) => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n{')
        let sent = 0
        const push = (): void => {
          while (sent < blocks && !socket.destroyed) {
            sent += 1
            if (!socket.write(block)) return
          }
          if (sent === blocks) {
            sent += 1
            socket.end(`${user('last')}}`)
          }
        }
        socket.on('drain', push)
        push()
      })
      const { usePool = false, fetch } = transport.options
      const options = fetch ? '{ fetch: globalThis.fetch }' : JSON.stringify({ usePool, proxy: false })
      const { stdout, stderr } = await runChild(
        `import { AstakosClient } from './src/index.ts'
        const client = new AstakosClient('t', '${server.authUrl}', ${options})
        await client.getEndpoints()
        let [entries, most, start] = [0, 0, 0]
        for await (const [name, quotas] of client.serviceQuotasEntries()) {
          entries += 1
          if (quotas.p['cyclades.vm'].limit !== 9223372036854775807n) throw new Error(name)
          if (entries === 20_000) start = process.memoryUsage.rss() // compiled, and the heap has grown to what it needs
          if (entries > 20_000 && entries % 1000 === 0) most = Math.max(most, process.memoryUsage.rss())
        }
        console.log(JSON.stringify({ entries, grown: (most - start) / 1e6 }))
        await client.close()`,
        { limitMs: 25_000 },
      )
      expect(stderr).toBe('')
      const { entries, grown } = JSON.parse(stdout) as { entries: number; grown: number }
      expect(entries).toBe(blocks * 400 + 1)
      expect(grown).toBeLessThan(60)
    })
  })
}
