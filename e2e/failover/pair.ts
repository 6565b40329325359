import { once } from 'node:events'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { chooseAccount, give, type Account } from '../../packages/server/src/db/embedded/account.ts'
import { findOnMachine } from '../../packages/server/src/db/embedded/binaries.ts'
import { run, spawnWatched, type Child } from '../../packages/server/src/db/embedded/process.ts'
import { until } from '../faults/deadline.ts'
import { familyOf, freePort } from '../faults/processes.ts'

/** A primary and a standby that has each commit before it is answered. */
export class Pair implements AsyncDisposable {
  readonly #bin: string
  readonly #account: Account | null
  #primary: Node
  #standby: Node

  private constructor(bin: string, account: Account | null, primary: Node, standby: Node) {
    this.#bin = bin
    this.#account = account
    this.#primary = primary
    this.#standby = standby
  }

  /** @throws {Error} the machine has no PostgreSQL with `pg_basebackup`. */
  static async start(folder: string): Promise<Pair> {
    const [newest] = await findOnMachine()
    if (!newest) throw new Error('A standby needs the PostgreSQL of the system: apt-get install postgresql')
    const account = await chooseAccount(null)
    await mkdir(folder)
    const nodes = await Promise.all(
      ['a', 'b'].map(async (name) => new Node(join(folder, name), await freePort(), newest.dir, account)),
    )
    const pair = new Pair(newest.dir, account, nodes[0] as Node, nodes[1] as Node)
    try {
      await give(account, folder)
      await pair.#command('initdb', [
        '-D',
        pair.#primary.data,
        '-U',
        'astakos',
        '--auth=trust',
        '-E',
        'UTF8',
        '--locale=C',
        '--no-sync',
      ])
      await pair.#primary.start()
      await pair.#primary.ask('create database astakos', 'postgres')
      await pair.#follow()
      return pair
    } catch (error) {
      await pair[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Of both, whichever of them is the primary. */
  get url(): string {
    const places = [this.#primary, this.#standby].map(({ port }) => `127.0.0.1:${port}`).toSorted()
    return `postgresql://astakos@${places.join()}/astakos`
  }

  get primaryUrl(): string {
    return `postgresql://astakos@127.0.0.1:${this.#primary.port}/astakos`
  }

  /** The primary dies, or says nothing any more, and the standby takes its place. */
  async failOver(how: 'kill' | 'freeze'): Promise<void> {
    await this.#primary[how]()
    await this.#standby.ask('select pg_promote(true, 30)')
    const [old, promoted] = [this.#primary, this.#standby]
    this.#primary = promoted
    this.#standby = old
  }

  /** The one that was killed is there again as it was, and nobody has told it that it is the primary no more. */
  async reviveOld(): Promise<void> {
    await this.#standby.start()
  }

  /** What anybody but a probe has asked of the one that is not the primary. */
  async askedOfOld(): Promise<string[]> {
    const rows = await this.#standby.ask(`
      select query from pg_stat_activity
       where application_name = 'astakos-server' and query <> '' and query not like '%pg_is_in_recovery%'`)
    return (rows as { query: string }[]).map(({ query }) => query)
  }

  /** The one that was killed begins anew as the standby of the other, where it was. */
  async rebuild(): Promise<void> {
    await this.#standby.kill()
    await rm(this.#standby.data, { recursive: true, force: true })
    await this.#follow()
  }

  async #follow(): Promise<void> {
    const { port } = this.#primary
    const from = ['-h', '127.0.0.1', '-p', String(port), '-U', 'astakos']
    await this.#command('pg_basebackup', [
      ...from,
      '-D',
      this.#standby.data,
      '-R',
      '-X',
      'stream',
      '-c',
      'fast',
      '--no-sync',
    ])
    await this.#standby.start()
    await this.#primary.ask("alter system set synchronous_standby_names = '*'")
    await this.#primary.ask('select pg_reload_conf()')
    await until('the standby has each commit', async () => {
      const rows = await this.#primary.ask("select from pg_stat_replication where sync_state = 'sync'")
      return rows.length === 1
    })
  }

  async #command(name: string, args: readonly string[]): Promise<void> {
    const { code, output } = await run(this.#account, join(this.#bin, name), args)
    if (code !== 0) throw new Error(`${name} ended with code ${code}: ${output.trim()}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The standby first: the primary would wait for it.
    await this.#standby.kill()
    await this.#primary.kill()
  }
}

class Node {
  readonly data: string
  readonly port: number
  readonly #bin: string
  readonly #account: Account | null
  #child: Child | null = null

  constructor(data: string, port: number, bin: string, account: Account | null) {
    this.data = data
    this.port = port
    this.#bin = bin
    this.#account = account
  }

  async start(): Promise<void> {
    const settings = ['listen_addresses=127.0.0.1', `port=${this.port}`, 'unix_socket_directories=', 'lc_messages=C']
    const args = ['-D', this.data, ...settings.flatMap((setting) => ['-c', setting])]
    const child = spawnWatched(this.#account, join(this.#bin, 'postgres'), args, [])
    this.#child = child
    child.stdin.on('error', () => undefined)
    child.stdout.resume()
    let log = ''
    let isReady = false
    child.stderr.on('data', (text: Buffer) => {
      log = (log + text.toString()).slice(-5000)
      isReady ||= /database system is ready to accept (?:read-only )?connections/.test(log)
    })
    await until(`PostgreSQL starts on port ${this.port}`, () => {
      if (child.exitCode !== null) throw new Error(`PostgreSQL did not start: ${log}`)
      return isReady
    })
  }

  /** All of its processes: they end with it, but not while they are frozen. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = null
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    const family = familyOf(child.pid ?? -1)
    child.kill('SIGKILL')
    for (const pid of family) signal(pid, 'SIGCONT')
    await gone
  }

  /** Its connections stay, and nothing comes over them. */
  freeze(): Promise<void> {
    for (const pid of familyOf(this.#child?.pid ?? -1)) signal(pid, 'SIGSTOP')
    return Promise.resolve()
  }

  async ask(statement: string, database = 'astakos'): Promise<unknown[]> {
    const client = new pg.Client(`postgresql://astakos@127.0.0.1:${this.port}/${database}`)
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(statement)).rows
    } finally {
      await client.end()
    }
  }
}

/** One that has just ended needs none. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
