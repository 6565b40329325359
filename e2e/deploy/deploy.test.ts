import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../packages/server/src/config.ts'
import { startEmbedded, type EmbeddedPostgres } from '../../packages/server/src/db/embedded/index.ts'

/** The examples in deploy/, as far as a machine can try them: the real proxies and systemd's own check. */

const root = fileURLToPath(new URL('../..', import.meta.url))
const BIN = join(root, 'packages/server/bin/astakos-server.js')
const example = (name: string): string => readFileSync(join(root, 'deploy', name), 'utf8')
const has = (program: string): boolean => spawnSync('which', [program]).status === 0

let folder: string
let postgres: EmbeddedPostgres
const children: ChildProcess[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'astakos-deploy-'))
  chmodSync(folder, 0o755)
  postgres = await startEmbedded({ dataDir: null })
  const names = ['-subj', '/CN=accounts.example.org', '-addext', 'subjectAltName=DNS:accounts.example.org']
  const files = ['-keyout', join(folder, 'tls.key'), '-out', join(folder, 'tls.pem')]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...files, ...names], {
    stdio: 'ignore',
  })
})
afterAll(async () => {
  await Promise.all(children.map((child) => end(child)))
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
})

function start(program: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout?.resume()
  child.stderr?.resume()
  children.push(child)
  return child
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

interface Reply {
  readonly status: number
  readonly cookies: readonly string[]
  readonly text: string
}

/** By the name that the certificate is for, on loopback. */
function get(port: number, path: string, headers: Record<string, string> = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        servername: 'accounts.example.org',
        ca: readFileSync(join(folder, 'tls.pem')),
        agent: false,
        headers: { host: 'accounts.example.org', ...headers },
      },
      (answer) => {
        const pieces: Buffer[] = []
        answer.on('data', (piece: Buffer) => pieces.push(piece))
        answer.on('error', reject)
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            cookies: answer.headers['set-cookie'] ?? [],
            text: Buffer.concat(pieces).toString(),
          }),
        )
      },
    )
    sent.on('error', reject)
    sent.end()
  })
}

/** @throws when the program that it depends on has ended. */
async function until(child: ChildProcess, condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition().catch(() => false))) {
    if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}: ${child.spawnargs.join(' ')}`)
    await sleep(50)
  }
}

/** Two processes of the service on one database, as the example of its configuration has it. */
async function startServices(): Promise<{ ports: [number, number]; services: [ChildProcess, ChildProcess] }> {
  const { host, port, user, database } = postgres.connection
  const url = `postgresql://${user}@/${database}?host=${encodeURIComponent(host)}&port=${port}`
  const ports: [number, number] = [await freePort(), await freePort()]
  const config = join(folder, 'astakos.conf')
  const text = example('astakos.conf')
    .replace(/^database-url = .*$/m, `database-url = ${url}`)
    .replaceAll(/= \/(etc|var\/lib)\/astakos\//g, `= ${folder}/`)
    .replace(/^metrics-listen.*$/m, '')
  writeFileSync(config, text, { mode: 0o640 })
  const serve = (listen: number): ChildProcess =>
    start(process.execPath, [BIN, 'serve', '--config', config, '--listen', `127.0.0.1:${listen}`])
  const first = serve(ports[0])
  const ready = (listen: number) => async (): Promise<boolean> =>
    (await fetch(`http://127.0.0.1:${listen}/health/ready`)).ok
  await until(first, ready(ports[0]))
  const second = serve(ports[1])
  await until(second, ready(ports[1]))
  return { ports, services: [first, second] }
}

const PROXIES: readonly { readonly name: string; prepare(port: number, ports: readonly number[]): string[] }[] = [
  {
    name: 'nginx',
    prepare(port, ports) {
      const site = example('nginx.conf')
        .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
        .replace(/\/etc\/ssl\/certs\/[^;]*/, join(folder, 'tls.pem'))
        .replace(/\/etc\/ssl\/private\/[^;]*/, join(folder, 'tls.key'))
        .replace('127.0.0.1:8000', `127.0.0.1:${ports[0]}`)
        .replace('127.0.0.1:8001', `127.0.0.1:${ports[1]}`)
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (kind) => `${kind}_temp_path ${folder}/nginx-${kind};`,
      )
      const config = join(folder, 'nginx.conf')
      writeFileSync(
        config,
        `daemon off; error_log stderr; pid ${folder}/nginx.pid; events {} http { access_log off; ${temporary.join(' ')} ${site} }`,
      )
      return ['-c', config]
    },
  },
  {
    name: 'caddy',
    prepare(port, ports) {
      const site = example('Caddyfile')
        .replace(
          'accounts.example.org {',
          `https://accounts.example.org:${port} {\n\tbind 127.0.0.1\n\ttls ${folder}/tls.pem ${folder}/tls.key`,
        )
        .replace('127.0.0.1:8000 127.0.0.1:8001', `127.0.0.1:${ports[0]} 127.0.0.1:${ports[1]}`)
      const config = join(folder, 'Caddyfile')
      writeFileSync(config, `{\n\tadmin off\n\tauto_https off\n}\n${site}`)
      return ['run', '--config', config, '--adapter', 'caddyfile']
    },
  },
]

describe.each(PROXIES)('the example for $name', ({ name, prepare }) => {
  it('is there to be tried: .ci/run installs it', () => expect(has(name)).toBe(true))

  it('brings TLS, tells who asks, and goes on when a process is killed', async () => {
    const { ports, services } = await startServices()
    const port = await freePort()
    const proxy = start(name, prepare(port, ports), { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder })
    await until(proxy, async () => (await get(port, '/health/ready')).status === 200)

    // By TLS, so the cookies of the pages are for TLS alone, and the links say so.
    const login = await get(port, '/astakos/ui/login')
    expect(login.status).toBe(200)
    for (const cookie of login.cookies) expect(cookie).toMatch(/; Secure/)
    const { text } = await get(port, '/astakos/identity/v2.0/')
    expect(text).toContain('https://accounts.example.org/astakos/identity/v2.0')

    // A client that gives itself another name or address is not believed.
    const forged = {
      'x-forwarded-host': 'evil.example.org',
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-proto': 'http',
    }
    expect((await get(port, '/astakos/identity/v2.0/', forged)).text).not.toContain('evil')

    services[0].kill('SIGKILL')
    await once(services[0], 'exit')
    for (let count = 0; count < 20; count += 1)
      expect((await get(port, '/astakos/account/v1.0/resources')).status).toBe(200)
  })
})

describe('the example for systemd', () => {
  it('is understood', () => {
    const unit = join(folder, 'astakos-server.service')
    // It looks for the program.
    writeFileSync(unit, example('astakos-server.service').replace('/usr/bin/node', process.execPath))
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' })
    // Units of the machine itself that it knows nothing of are not our concern.
    expect(stderr.split('\n').filter((line) => line.includes('astakos-server.service'))).toEqual([])
    expect(status === 0 || !stderr.includes(unit)).toBe(true)
  })

  it('names options that there are', () => {
    const config = join(folder, 'example.conf')
    writeFileSync(config, example('astakos.conf'), { mode: 0o640 })
    expect(readConfig(['--config', config], {}).settings.baseUrl).toBe('https://accounts.example.org/astakos')
  })
})

describe('the example for containers', () => {
  // Without an engine: what its last stage copies and runs, in a folder instead of an image.
  it('has all that the service needs', async () => {
    const image = join(folder, 'image')
    mkdirSync(image, { mode: 0o755 })
    const [, last = ''] = example('Containerfile')
      .split(/^FROM .*$/m)
      .slice(1)
    for (const line of last.split('\n')) {
      const [instruction, ...words] = line.split(' ')
      if (instruction === 'COPY') {
        const places = words
          .filter((word) => !word.startsWith('--'))
          .map((word) => word.replace(/^\/opt\/astakos\//, ''))
        const target = places.at(-1) ?? ''
        for (const source of places.slice(0, -1)) {
          expect(existsSync(join(root, source)), source).toBe(true)
          const to = target.endsWith('/') ? join(image, target, source.split('/').at(-1) ?? '') : join(image, target)
          mkdirSync(dirname(to), { recursive: true })
          cpSync(join(root, source), to, { recursive: true })
        }
      }
      if (instruction === 'RUN' && words[0] === 'npm')
        execFileSync('npm', [...words.slice(1), '--prefer-offline', '--no-audit', '--no-fund'], {
          cwd: image,
          stdio: 'ignore',
        })
    }
    const entry = /^ENTRYPOINT \["node", "\/opt\/astakos\/([^"]+)"\]$/m.exec(last)?.[1] ?? ''
    // With the variables of the image, and the volume in a folder.
    const variables: Record<string, string> = Object.fromEntries(
      [...last.matchAll(/(ASTAKOS_\w+)=(\S+)/g)].map(
        ([, name = '', value = '']) =>
          [name, value.replace('/var/lib/astakos', folder).replace('0.0.0.0:8000', '127.0.0.1:0')] as const,
      ),
    )
    expect(Object.keys(variables)).toEqual(['ASTAKOS_LISTEN', 'ASTAKOS_SECRET_KEY_FILE'])
    const { host, port, user, database } = postgres.connection
    const url = `postgresql://${user}@/${database}?host=${encodeURIComponent(host)}&port=${port}`
    for (const more of [{}, { ASTAKOS_DATABASE_URL: url }]) {
      const child = start(process.execPath, [join(image, entry), 'serve'], {
        ...variables,
        ...more,
      })
      const [line] = (await Promise.race([
        once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data'),
        once(child, 'exit').then(([code]) => [`It ended with ${code}`]),
      ])) as [Buffer | string]
      expect(line.toString()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/astakos\/identity\/v2\.0\n$/)
      await end(child)
    }
  })
})
