import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startEmbedded, type EmbeddedPostgres } from '../src/db/embedded/index.ts'
import { until } from './support/quota-world.ts'

/** `astakos-server serve --workers N`: several processes on one port. */

const BIN = fileURLToPath(new URL('../bin/astakos-server.js', import.meta.url))

let folder: string
let postgres: EmbeddedPostgres
let hand: pg.Client
const started: ChildProcess[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'astakos-workers-'))
  postgres = await startEmbedded({ dataDir: null })
  hand = new pg.Client(postgres.connection)
  await hand.connect()
})
afterEach(async () => {
  await Promise.all(started.splice(0).map((child) => end(child)))
})
afterAll(async () => {
  await hand.end()
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
})

interface Line {
  readonly worker?: number
  readonly pid: number
  readonly msg: string
}

interface Program {
  readonly child: ChildProcess
  readonly said: () => { readonly out: string; readonly err: string }
  readonly lines: () => Line[]
}

function run(args: readonly string[]): Program {
  const url = `postgresql://astakos@/astakos?host=${postgres.connection.host}`
  const child = spawn(process.execPath, [BIN, 'serve', '--database-url', url, ...args], { cwd: folder })
  started.push(child)
  let [out, err] = ['', '']
  child.stdout.on('data', (text: Buffer) => (out += text.toString()))
  child.stderr.on('data', (text: Buffer) => (err += text.toString()))
  const lines = (): Line[] =>
    err
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Line)
  return { child, said: () => ({ out, err }), lines }
}

async function end(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const gone = once(child, 'close')
  child.kill('SIGTERM')
  await gone
  return child.exitCode
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  return port
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const readyOf = ({ lines }: Program): Line[] => lines().filter(({ msg }) => msg === 'The service is ready')

describe('several workers', () => {
  it('share a port, hear of changes, are started again and end together', { timeout: 120_000 }, async () => {
    const metrics = `127.0.0.1:${await freePort()}`
    const hour = ['--endpoint-cache-timeout', '3600', '--resource-cache-timeout', '3600']
    const program = run(['--workers', '2', '--listen', '127.0.0.1:0', '--metrics-listen', metrics, ...hour])
    await until(() => program.said().out !== '' || program.child.exitCode !== null)
    const authUrl = program.said().out.trim()
    expect(authUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/astakos\/identity\/v2\.0$/)
    expect(
      readyOf(program)
        .map(({ worker }) => worker)
        .toSorted((a = 0, b = 0) => a - b),
    ).toEqual([1, 2])

    const uiUrl = async (): Promise<string | undefined> => {
      // Each connection goes to the next worker.
      const answer = await fetch(`${authUrl}/tokens`, { method: 'POST', headers: { connection: 'close' } })
      expect(answer.status).toBe(200)
      const { access } = (await answer.json()) as {
        access: { serviceCatalog: { endpoints: { 'SNF:uiURL': string }[] }[] }
      }
      return access.serviceCatalog[0]?.endpoints[0]?.['SNF:uiURL']
    }
    const ofAll = (): Promise<unknown[]> => Promise.all(Array.from({ length: 6 }, uiUrl))
    await ofAll()
    await hand.query("update components set ui_url = 'http://changed.example.org' where name = 'astakos'")
    await until(async () => (await ofAll()).every((url) => url === 'http://changed.example.org'))

    const text = await (await fetch(`http://${metrics}/metrics`)).text()
    const counted = /astakos_http_answer_milliseconds_count\{[^}]*status="200"\} (\d+)/.exec(text)?.[1]
    expect(Number(counted)).toBeGreaterThanOrEqual(12)

    const [first] = readyOf(program)
    process.kill(first?.pid ?? 0, 'SIGKILL')
    await until(() => !isAlive(first?.pid ?? 0))
    // The other one goes on alone.
    await ofAll()
    await until(() => readyOf(program).length === 3)
    expect(readyOf(program).at(-1)?.worker).toBe(first?.worker)
    expect(program.lines().filter(({ msg }) => msg === 'A worker ended and is started again')).toMatchObject([
      { worker: first?.worker, signalCode: 'SIGKILL' },
    ])
    await ofAll()

    expect(await end(program.child)).toBe(0)
    expect(readyOf(program).map(({ pid }) => isAlive(pid))).toEqual([false, false, false])
  })

  it('are gone with the process that started them, however it ends', { timeout: 60_000 }, async () => {
    const program = run(['--workers', '2', '--listen', '127.0.0.1:0'])
    await until(() => program.said().out !== '' || program.child.exitCode !== null)
    const pids = readyOf(program).map(({ pid }) => pid)
    expect(pids.length).toBe(2)
    program.child.kill('SIGKILL')
    await until(() => !pids.some(isAlive))
  })

  const refusals: readonly (readonly [string, () => Promise<readonly string[]>, RegExp])[] = [
    [
      'more than the database has connections for',
      () => Promise.resolve(['--workers', '50', '--listen', '127.0.0.1:0']),
      /^astakos-server: --workers: 50 may open 700 connections to the database, 14 each, and it has 87 to give: at most 6, or a larger max_connections$/,
    ],
    [
      'a port that is taken',
      () => Promise.resolve(['--workers', '2', '--listen', `127.0.0.1:${taken.port}`]),
      /^astakos-server: --listen: something else listens there already$/,
    ],
  ]
  const taken = { port: 0 }
  it.each(refusals)('refuse %s, in a sentence', { timeout: 60_000 }, async (_, argsOf, sentence) => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    taken.port = (other.address() as AddressInfo).port
    const program = run(await argsOf())
    await once(program.child, 'close')
    other.close()
    expect([program.child.exitCode, program.said().out]).toEqual([1, ''])
    expect(program.said().err.trim().split('\n').at(-1)).toMatch(sentence)
  })
})
