import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Connection } from './postgres.ts'

const BIN = fileURLToPath(new URL('../../bin/astakos-server.js', import.meta.url))

/** The program as people start it, in a process of its own. */
export class Programs {
  readonly #started: ChildProcess[] = []

  /** A command that ends by itself. */
  async run(
    args: readonly string[],
    input: string | Buffer = '',
  ): Promise<{ code: number | null; out: Buffer; err: string }> {
    const child = this.#spawn(args)
    const out: Buffer[] = []
    let err = ''
    child.stdout?.on('data', (piece: Buffer) => out.push(piece))
    child.stderr?.on('data', (text: Buffer) => (err += text.toString()))
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
    await once(child, 'close')
    return { code: child.exitCode, out: Buffer.concat(out), err }
  }

  /** A service that answers. */
  async serve(args: readonly string[]): Promise<ChildProcess> {
    const child = this.#spawn(['serve', ...args])
    let log = ''
    child.stderr?.on('data', (text: Buffer) => (log += text.toString()))
    const lines = createInterface(child.stdout as NodeJS.ReadableStream)
    const [line] = await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => [''])])
    if (line === '') throw new Error(`It did not start: ${log}`)
    return child
  }

  async stop(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.#started.splice(0).map((child) => this.stop(child)))
  }

  #spawn(args: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, [BIN, ...args])
    this.#started.push(child)
    return child
  }
}

/** For `--database-url`. */
export function urlOf({ user, database, host, port }: Connection): string {
  return `postgresql://${user}@/${database}?host=${encodeURIComponent(host)}&port=${port}`
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  return port
}
