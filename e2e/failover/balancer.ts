import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '../faults/deadline.ts'
import { NoAnswer, send } from '../faults/http.ts'

/** As in docs/many-processes.md, but that it looks more often. */
const configOf = (port: number, ports: readonly number[]): string => `
global
  maxconn 2000
defaults
  mode http
  timeout connect 2s
  timeout client 75s
  timeout server 75s
  retries 3
  option redispatch
frontend astakos
  bind 127.0.0.1:${port}
  default_backend services
backend services
  balance leastconn
  option httpchk GET /health/ready
  http-check expect status 200
  default-server check inter 250ms fall 2 rise 1
${ports.map((each, index) => `  server s${index + 1} 127.0.0.1:${each}`).join('\n')}
`

const living = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

/** HAProxy before some services. */
export class Balancer implements AsyncDisposable {
  readonly origin: string
  readonly #child: ChildProcess

  private constructor(origin: string, child: ChildProcess) {
    this.origin = origin
    this.#child = child
  }

  /** @throws {Error} the machine has no HAProxy. */
  static async start(folder: string, port: number, ports: readonly number[]): Promise<Balancer> {
    const program = ['haproxy', '/usr/sbin/haproxy'].find((name) => spawnSync(name, ['-v']).status === 0)
    if (program === undefined) throw new Error('There is no HAProxy: apt-get install haproxy')
    const file = join(folder, 'haproxy.cfg')
    await writeFile(file, configOf(port, ports))
    const child = spawn(program, ['-db', '-q', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
    living.add(child)
    let log = ''
    child.stderr.on('data', (text: Buffer) => (log = (log + text.toString()).slice(-5000)))
    child.on('exit', () => living.delete(child))
    const balancer = new Balancer(`http://127.0.0.1:${port}`, child)
    await until('HAProxy passes requests on', async () => {
      if (child.exitCode !== null) throw new Error(`HAProxy did not start: ${log}`)
      return (await statusOf(`${balancer.origin}`, '/health/ready')) === 200
    })
    return balancer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }
}

/** 0: no answer. */
export async function statusOf(origin: string, path: string, headers: Record<string, string> = {}): Promise<number> {
  try {
    return (await send(origin, { method: 'GET', path, headers, body: '' })).status
  } catch (error) {
    if (error instanceof NoAnswer) return 0
    throw error
  }
}
