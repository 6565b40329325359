import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findOnMachine } from '../../packages/server/src/db/embedded/binaries.ts'
import { startEmbedded, type EmbeddedPostgres } from '../../packages/server/src/db/embedded/index.ts'

/** A newcomer follows docs/operating.md, command by command. */

const root = fileURLToPath(new URL('../..', import.meta.url))

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

describe('docs/operating.md', () => {
  let folder: string
  let postgres: EmbeddedPostgres

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'astakos-operating-'))
    chmodSync(folder, 0o755)
    // Where PostgreSQL's own programs are: .ci/run installs them.
    const [own] = await findOnMachine()
    if (!own) throw new Error('There is no PostgreSQL on this machine')
    postgres = await startEmbedded({ dataDir: null, postgresBin: own.dir })
  })
  afterAll(async () => {
    await postgres.stop()
    rmSync(folder, { recursive: true })
  })

  it('leads from an empty PostgreSQL to two users, a component, a project and a commission', async () => {
    const [listen, metrics] = [await freePort(), await freePort()]
    const page = readFileSync(join(root, 'docs/operating.md'), 'utf8')
      .replaceAll('127.0.0.1:8000', `127.0.0.1:${listen}`)
      .replaceAll('127.0.0.1:9100', `127.0.0.1:${metrics}`)
    const commands = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block)
    expect(commands.length).toBeGreaterThan(10)

    const bin = join(folder, 'bin')
    mkdirSync(bin)
    symlinkSync(join(root, 'packages/server/bin/astakos-server.js'), join(bin, 'astakos-server'))
    const { host, user } = postgres.connection
    const script = `set -euo pipefail; trap 'kill $(jobs -p) 2> /dev/null; wait' EXIT\n${commands.join('\n')}`
    const shell = spawn('bash', ['-c', script], {
      cwd: folder,
      env: { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH']}`, PGHOST: host, PGUSER: user },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [out, err, [code]] = await Promise.all([
      text(shell.stdout),
      text(shell.stderr),
      once(shell, 'exit') as Promise<[number | null]>,
    ])
    expect(`${err}${code}`, out.slice(-2000)).toBe('0')

    // The quota of Bob in the project of Alice, as the page shows it in the end.
    expect(out).toContain('"usage": 1')
    expect(out).toMatch(/alice@example\.org\ttrue/)
    const operations = readFileSync(join(folder, 'operations.txt'), 'utf8').split('\n')
    expect(operations).toContain('user-add')

    for (const database of ['accounts', 'restored']) {
      const client = new pg.Client({ ...postgres.connection, database })
      await client.connect()
      const { rows } = await client.query(`
        select (select count(*)::int from users where is_active) as users,
               (select array_agg(name order by id) from components) as components,
               (select count(*)::int from projects where state = 'active' and not is_system) as projects,
               (select array_agg(name || ' ' || accepted) from resolutions where component = 'cyclades') as resolutions,
               (select count(*)::int from commissions) as pending`)
      await client.end()
      expect(rows).toEqual([
        { users: 2, components: ['astakos', 'cyclades'], projects: 1, resolutions: ['machine 1 true'], pending: 0 },
      ])
    }
  })
})
