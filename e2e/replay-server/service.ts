import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { isObject, readJson, writeJson, type Json, type JsonObject } from '../replay/json.ts'
import { Scope } from './scope.ts'

/** Serves the world of the recordings; run in the root of the repository. */
export const SERVE_WORLD: readonly string[] = [
  process.execPath,
  '--import',
  'tsx',
  '--conditions=astakos-source',
  'packages/server/scripts/serve-world.ts',
]

const STOP_MS = 10_000

/**
 * A service in a process of its own. It speaks JSON, one line each way: after its start and after `{"reset": true}` it
 * says where it is and what the placeholders of its world stand for; anything else is done and answered by `{"ok": true}`
 * or `{"error": "…"}`. It ends with its standard input.
 */
export class WorldService implements AsyncDisposable {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>
  readonly #ended: Promise<void>

  constructor([command = '', ...args]: readonly string[], cwd: string) {
    this.#process = spawn(command, args, { cwd, stdio: ['pipe', 'pipe', 'inherit'] })
    this.#ended = new Promise((resolve) => {
      this.#process.once('exit', () => resolve())
      this.#process.once('error', () => resolve())
    })
    // The end of its output tells; what it still should have read does not matter then.
    this.#process.stdin.on('error', () => undefined)
    this.#lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]()
  }

  /** Once, before anything else. */
  async start(): Promise<Scope> {
    return scopeOf(await this.#read())
  }

  /** A world as if nothing had happened. */
  async reset(): Promise<Scope> {
    return scopeOf(await this.#ask({ reset: true }))
  }

  /** @throws {Error} it could not be done. */
  async order(command: JsonObject): Promise<void> {
    const answer = await this.#ask(command)
    if (answer['ok'] !== true) throw new Error(`${writeJson(command)} was answered by ${writeJson(answer)}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin.end()
    const timer = setTimeout(() => this.#process.kill('SIGTERM'), STOP_MS)
    await this.#ended
    clearTimeout(timer)
  }

  async #ask(command: JsonObject): Promise<JsonObject> {
    if (!this.#process.stdin.write(`${writeJson(command)}\n`)) await Promise.race([this.#ended, this.#drained()])
    return this.#read()
  }

  async #drained(): Promise<void> {
    await once(this.#process.stdin, 'drain')
  }

  async #read(): Promise<JsonObject> {
    const next = await this.#lines.next()
    if (next.done === true) throw new Error(`The service ended (exit code ${this.#process.exitCode ?? 'unknown'})`)
    const answer: Json = readJson(next.value)
    if (!isObject(answer)) throw new Error(`No answer of the service: ${next.value}`)
    return answer
  }
}

function scopeOf(answer: JsonObject): Scope {
  const { origin, base_path: basePath, bindings } = answer
  if (typeof origin !== 'string' || typeof basePath !== 'string' || !isObject(bindings))
    throw new Error(`No bindings of the service: ${writeJson(answer)}`)
  return Scope.of(origin, basePath, bindings as Record<string, string>)
}
