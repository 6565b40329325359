import { spawn, type ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../../packages/server/bin/astakos-server.js', import.meta.url))

const living = new Set<ChildProcess>()
// However this process ends, short of `kill -9`: its services end too, and with them their databases.
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

export interface Exit {
  readonly code: number | null
  readonly stderr: string
}

/** The service's own program in a process of its own. */
export class ServiceProcess {
  readonly exited: Promise<Exit>
  /** True when it said that it is ready, false when it ended before. */
  readonly ready: Promise<boolean>
  readonly #child: ChildProcess

  constructor(args: readonly string[]) {
    // A group of its own: Ctrl-C is for the campaign, which stops its services when nothing needs them any more.
    const child = spawn(process.execPath, [bin, 'serve', '--log-level', 'warn', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    living.add(child)
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-20_000)))
    this.#child = child
    this.exited = new Promise((resolve) => {
      child.on('close', (code) => {
        living.delete(child)
        resolve({ code, stderr })
      })
    })
    this.ready = Promise.race([
      new Promise<true>((resolve) => child.stdout.once('data', () => resolve(true))),
      this.exited.then(() => false as const),
    ])
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.exited
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), 15_000)
    await this.exited
    clearTimeout(impatience)
  }
}

/** @throws {Error} with what the service said. */
export async function startService(args: readonly string[]): Promise<ServiceProcess> {
  const service = new ServiceProcess(args)
  if (await service.ready) return service
  const { code, stderr } = await service.exited
  throw new Error(`The service did not start and ended with code ${code}: ${stderr.trim()}`)
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}

/** A process and all that it started, and those. Needs Linux; elsewhere the process alone. */
export function familyOf(pid: number): number[] {
  const family = [pid]
  for (const member of family) family.push(...(childrenByParent().get(member) ?? []))
  return family
}

function childrenByParent(): Map<number, number[]> {
  const children = new Map<number, number[]>()
  if (process.platform !== 'linux') return children
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? statusOf(Number(name))?.parent : undefined
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  return children
}

/** One that has ended, but that its parent has not looked after yet, is gone. */
export function isGone(pid: number): boolean {
  if (process.platform === 'linux') return (statusOf(pid)?.state ?? 'Z') === 'Z'
  try {
    return !process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

function statusOf(pid: number): { state: string; parent: number } | null {
  try {
    // The name of the program stands in parentheses, and may hold some.
    const [state = '', parent = ''] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? []
    return { state, parent: Number(parent) }
  } catch {
    return null
  }
}
