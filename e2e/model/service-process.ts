import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { ConnectionSettings } from '../../packages/server/src/db/connect.ts'
import type { ServiceSettings } from '../../packages/server/src/settings.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SERVICE = 'e2e/model/service.ts'
const STOP_MS = 10_000

/** Starts and ends a service of its own process. */
export class ServiceProcess implements AsyncDisposable {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>
  readonly #ended: Promise<void>

  private constructor() {
    this.#process = spawn(process.execPath, ['--import', 'tsx', '--conditions=astakos-source', SERVICE], {
      cwd: ROOT,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#ended = new Promise((resolve) => {
      this.#process.once('exit', () => resolve())
      this.#process.once('error', () => resolve())
    })
    // The end of its output tells.
    this.#process.stdin.on('error', () => undefined)
    this.#lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]()
  }

  /** @returns the process, and where it listens. */
  static async start(
    connection: ConnectionSettings,
    settings: Partial<ServiceSettings> = {},
  ): Promise<{ process: ServiceProcess; baseUrl: string }> {
    const started = new ServiceProcess()
    try {
      return { process: started, baseUrl: await started.#ask(JSON.stringify({ connection, settings })) }
    } catch (error) {
      await started[Symbol.asyncDispose]()
      throw error
    }
  }

  /** After the database was set back. */
  async forget(): Promise<void> {
    await this.#ask('forget')
  }

  async #ask(line: string): Promise<string> {
    this.#process.stdin.write(`${line}\n`)
    const next = await this.#lines.next()
    if (next.done === true) throw new Error(`The service ended (exit code ${this.#process.exitCode ?? 'unknown'})`)
    return next.value
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin.end()
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), STOP_MS)
    await this.#ended
    clearTimeout(timer)
  }
}
