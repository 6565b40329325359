import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startEmbedded } from '../src/db/embedded/index.ts'
import { startTcpProxy } from './support/tcp-proxy.ts'

/** The program as people start it: `astakos-server serve`, in a process of its own. */

const BIN = fileURLToPath(new URL('../bin/astakos-server.js', import.meta.url))

interface Program {
  readonly process: ChildProcess
  readonly authUrl: string
  readonly origin: string
  log(): string
}

let folder: string
const started: ChildProcess[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'astakos-serve-'))
  // As root, PostgreSQL runs as somebody else, who has to get there.
  chmodSync(folder, 0o755)
})
afterEach(async () => {
  await Promise.all(started.splice(0).map((child) => end(child)))
  rmSync(folder, { recursive: true, force: true })
})

function run(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [BIN, ...args], { cwd: folder, env: { ...process.env, ...env } })
  started.push(child)
  return child
}

async function end(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    await gone
  }
  return child.exitCode
}

/** Everything that it said, once it has ended. */
async function outcome(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
  let [out, err] = ['', '']
  child.stdout?.on('data', (text: Buffer) => (out += text.toString()))
  child.stderr?.on('data', (text: Buffer) => (err += text.toString()))
  await once(child, 'close')
  return { code: child.exitCode, out, err }
}

async function serve(args: readonly string[], env: Record<string, string> = {}): Promise<Program> {
  const child = run(['serve', '--listen', '127.0.0.1:0', ...args], env)
  let log = ''
  child.stderr?.on('data', (text: Buffer) => (log += text.toString()))
  const lines = createInterface(child.stdout as NodeJS.ReadableStream)
  const first = await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => [''])])
  const authUrl = String(first[0])
  if (authUrl === '') throw new Error(`It did not start: ${log}`)
  return { process: child, authUrl, origin: new URL(authUrl).origin, log: () => log }
}

describe('astakos-server serve', () => {
  it('says where it is, answers, and ends in order', async () => {
    const server = await serve(['--throw-away'])
    expect(server.authUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/astakos\/identity\/v2\.0$/)
    const answer = await fetch(`${server.authUrl}/tokens`, { method: 'POST' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('astakos-features')).toBe('idempotent-commissions, resolved-commissions')
    const { access } = (await answer.json()) as { access: { serviceCatalog: { name: string; endpoints: object[] }[] } }
    expect(access.serviceCatalog.map(({ name }) => name)).toEqual([
      'astakos_account',
      'astakos_identity',
      'astakos_weblogin',
      'astakos_oauth2',
    ])
    expect(access.serviceCatalog[1]?.endpoints).toMatchObject([{ publicURL: server.authUrl, region: 'default' }])
    expect(await end(server.process)).toBe(0)
  })

  it('is live, and ready while its database is', async () => {
    const server = await serve(['--throw-away'])
    for (const path of ['live', 'ready']) {
      const answer = await fetch(`${server.origin}/health/${path}`)
      expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }])
    }
  })

  it('keeps its data, and its key beside them, between two starts', async () => {
    const data = join(folder, 'data')
    const first = await serve(['--data-dir', data])
    await end(first.process)
    expect(readdirSync(folder).toSorted()).toEqual(['data', 'data.secret-key'])
    const key = readFileSync(`${data}.secret-key`, 'utf8')
    const second = await serve(['--data-dir', data, '--base-url', 'https://accounts.example.org/x'])
    expect(second.authUrl).toBe('https://accounts.example.org/x/identity/v2.0')
    expect(second.log()).not.toContain('The schema was brought up to date')
    expect(readFileSync(`${data}.secret-key`, 'utf8')).toBe(key)
  })

  it('refuses another key than the one of its database, and one among its data', async () => {
    const data = join(folder, 'data')
    await end((await serve(['--data-dir', data])).process)
    rmSync(`${data}.secret-key`)
    const lost = await outcome(run(['serve', '--data-dir', data, '--listen', '127.0.0.1:0']))
    expect([lost.code, lost.err.trim().split('\n').at(-1)]).toEqual([
      1,
      `astakos-server: --secret-key-file: the key file ${data}.secret-key is missing`,
    ])
    symlinkSync(data, join(folder, 'link'))
    const among = await outcome(
      run(['serve', '--data-dir', data, '--secret-key-file', join(folder, 'link/key'), '--listen', '127.0.0.1:0']),
    )
    expect([among.code, among.err]).toEqual([1, expect.stringContaining('a copy of the data would hold the key')])
    expect(readdirSync(data)).not.toContain('key')
  })

  it('cuts off who neither sends on nor hangs up, when it is told to stop', { timeout: 60_000 }, async () => {
    const server = await serve(['--throw-away'])
    const { hostname, port, pathname } = new URL(server.authUrl)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    socket.write(`POST ${pathname}/tokens HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n{`)
    await until(async () => (await fetch(`${server.origin}/health/live`)).ok)
    expect(await end(server.process)).toBe(0)
    expect(server.log()).toContain('Connections that did not end in time are cut off')
    socket.destroy()
  })

  it('is live and not ready while its database hangs, and its metrics are there', async () => {
    const [postgres, place] = [await startEmbedded({ dataDir: null }), `127.0.0.1:${await freePort()}`]
    const { host, port, user } = postgres.connection
    const proxy = await startTcpProxy({ path: `${host}/.s.PGSQL.${port}` })
    const url = `postgresql://${user}@127.0.0.1:${proxy.port}/${postgres.connection.database}`
    const server = await serve(['--database-url', url, '--metrics-listen', place])
    const ready = async (): Promise<number> => (await fetch(`${server.origin}/health/ready`)).status
    expect(await ready()).toBe(200)
    proxy.freeze()
    expect(await ready()).toBe(503)
    expect((await fetch(`${server.origin}/health/live`)).status).toBe(200)
    const metrics = await (await fetch(`http://${place}/metrics`)).text()
    expect(metrics).toContain('astakos_commission_queue_length 0')
    proxy.thaw()
    proxy.cut()
    await until(async () => (await ready()) === 200)
    expect(await end(server.process)).toBe(0)
    await proxy.close()
    await postgres.stop()
  })

  it('follows its base URL in the catalog', async () => {
    const data = join(folder, 'data')
    await end((await serve(['--data-dir', data])).process)
    const free = await serve(['--data-dir', data])
    const { access } = (await (await fetch(`${free.authUrl}/tokens`, { method: 'POST' })).json()) as {
      access: { serviceCatalog: { endpoints: { publicURL: string; 'SNF:uiURL': string }[] }[] }
    }
    for (const { endpoints } of access.serviceCatalog) {
      expect(endpoints[0]?.publicURL).toContain(`${free.origin}/astakos/`)
      expect(endpoints[0]?.['SNF:uiURL']).toBe(`${free.origin}/astakos/ui`)
    }
  })

  it('refuses a directory that another one uses, in a sentence', async () => {
    const data = join(folder, 'data')
    await serve(['--data-dir', data])
    const { code, out, err } = await outcome(run(['serve', '--listen', '127.0.0.1:0', '--data-dir', data]))
    expect([code, out]).toEqual([1, ''])
    expect(err.trim().split('\n').at(-1)).toMatch(/^astakos-server: .*another service uses/i)
  })

  it('refuses a folder that holds something else, and touches nothing', async () => {
    const other = join(folder, 'other')
    mkdirSync(other)
    writeFileSync(join(other, 'thesis.txt'), 'years of work')
    const { code, err } = await outcome(run(['serve', '--data-dir', other, '--listen', '127.0.0.1:0']))
    expect(code).toBe(1)
    expect(err.trim().split('\n').at(-1)).toBe(
      `astakos-server: --data-dir ${other} holds other things (thesis.txt) and no data of this service: it was not touched`,
    )
    expect([readdirSync(other), readdirSync(folder)]).toEqual([['thesis.txt'], ['other']])
  })

  it('refuses a port that is taken, in a sentence, and leaves nothing running', async () => {
    const server = await serve(['--throw-away'])
    const { code, err } = await outcome(run(['serve', '--throw-away', '--listen', new URL(server.origin).host]))
    expect(code).toBe(1)
    expect(err.trim().split('\n').at(-1)).toBe('astakos-server: --listen: something else listens there already')
  })

  it.each([
    [['serve', '--listen', 'x'], 'astakos-server: --listen must be HOST:PORT; see astakos-server --help'],
    [['serve', '--nonsense'], "astakos-server: Usage: Unknown option '--nonsense'; see astakos-server --help"],
    [
      ['serve', 'postgresql://u:hush@h/d'],
      'astakos-server: Usage: a value stands without its option; see astakos-server --help',
    ],
    [['serve', '--data-dir', ''], 'astakos-server: --data-dir must not be empty; see astakos-server --help'],
    [['dance'], 'astakos-server: There is no command dance: see astakos-server --help'],
    [
      ['serve', '--database-url', 'postgresql://u:hush@127.0.0.1:1/d'],
      'astakos-server: connect ECONNREFUSED 127.0.0.1:1',
    ],
  ])('%j is refused in a sentence', async (args, message) => {
    const { code, err } = await outcome(run(args))
    expect([code, err.trim().split('\n').at(-1)]).toEqual([1, message])
    expect(err).not.toContain('hush')
  })

  it('helps', async () => {
    const { code, out } = await outcome(run(['--help']))
    expect(code).toBe(0)
    for (const word of ['serve', 'demo', '--data-dir', 'ASTAKOS_DATA_DIR', 'Examples']) expect(out).toContain(word)
    expect((await outcome(run([]))).code).toBe(2)
  })

  it('finishes what was begun before it ends', async () => {
    const server = await serve(['--throw-away'])
    const { hostname, port, pathname } = new URL(server.authUrl)
    const request = httpRequest({
      host: hostname,
      port,
      path: `${pathname}/tokens`,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': 2 },
    })
    request.flushHeaders()
    request.write('{')
    await until(async () => (await fetch(`${server.origin}/health/live`)).ok)
    const gone = once(server.process, 'exit')
    server.process.kill('SIGTERM')
    await until(() =>
      fetch(`${server.origin}/health/live`).then(
        () => false,
        () => true,
      ),
    )
    request.end('}')
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    expect(answer.statusCode).toBe(400)
    answer.resume()
    await gone
    expect(server.process.exitCode).toBe(0)
  })

  it('logs neither tokens nor queries nor bodies', async () => {
    const server = await serve(['--throw-away', '--log-level', 'trace'])
    const account = server.authUrl.replace('identity/v2.0', 'account/v1.0')
    const secret = 'S3CRET-that-nobody-may-see-0123456789'
    await fetch(`${account}/quotas?X-Auth-Token=${secret}`)
    await fetch(`${account}/quotas`, { headers: { 'x-auth-token': secret, cookie: `_pithos2_a=u%7C${secret}` } })
    await fetch(`${account}/commissions`, {
      method: 'POST',
      headers: { 'x-auth-token': secret, 'content-type': 'application/json' },
      body: JSON.stringify({ name: secret }),
    })
    await fetch(`${server.authUrl}/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth: { token: { id: secret } } }),
    })
    await fetch(`${server.authUrl}/tokens/${secret}`)
    await fetch(`${account}/${secret}`)
    await end(server.process)
    expect(server.log().match(/"msg":"answered"/g)?.length).toBeGreaterThanOrEqual(6)
    expect(server.log()).not.toContain(secret)
  })

  it('shows its metrics on a listener of their own', async () => {
    const place = `127.0.0.1:${await freePort()}`
    const server = await serve(['--throw-away', '--metrics-listen', place])
    await fetch(`${server.authUrl}/tokens`, { method: 'POST' })
    const text = await (await fetch(`http://${place}/metrics`)).text()
    for (const name of [
      'astakos_commission_batch_size',
      'astakos_commission_queue_wait_milliseconds',
      'astakos_commission_lock_wait_milliseconds',
      'astakos_commission_queue_length',
      'astakos_commissions_pending',
      'astakos_commission_pending_age_seconds',
      'astakos_component_errors_total',
    ])
      expect(text).toContain(`# TYPE ${name} `)
    expect(text).toMatch(
      /astakos_http_answer_milliseconds_count\{route="\/astakos\/identity\/v2\.0\/tokens",method="POST",status="200"\} 1/,
    )
    expect((await fetch(`${server.origin}/metrics`)).status).toBe(404)
  })
})

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  return port
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('It did not come true')
}
