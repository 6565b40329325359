import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { Browser } from './support/browser.ts'
import { send } from './support/http.ts'

const BIN = fileURLToPath(new URL('../bin/astakos-server.js', import.meta.url))

interface Shown {
  readonly output: string
  readonly exitCode: number | null
}

/** Runs it until its tour is over, then `look`, and stops it. */
async function demo(
  args: readonly string[],
  look: (output: string) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<Shown> {
  const child = spawn(process.execPath, [BIN, 'demo', ...args], { env: { ...process.env, ...env } })
  let output = ''
  const ended = once(child, 'exit')
  try {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8')
      stream.on('data', (text: string) => (output += text))
    }
    while (!output.includes('The service goes on') && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 20))
    if (child.exitCode === null) await look(output)
  } finally {
    child.kill('SIGINT')
    await ended
  }
  return { output, exitCode: child.exitCode }
}

function tokenOf(name: string, output: string): string {
  return new RegExp(`^ +${name} +(\\S{43}) `, 'm').exec(output)?.[1] ?? ''
}

function accountOf(output: string): string {
  return /curl -H 'X-Auth-Token: \S+' (\S+)\/quotas/.exec(output)?.[1] ?? ''
}

/** The service's address, as the line about signing in has it. */
function baseOf(output: string): string {
  return /^ +(http:\S+)\/ui\/login$/m.exec(output)?.[1] ?? ''
}

function passwordOf(name: string, output: string): string {
  return new RegExp(`^ +${name}@example\\.org +(\\S+)$`, 'm').exec(output)?.[1] ?? ''
}

function mailsIn(output: string): string {
  return /are files, (?:until the service stops, )?in:\n\n +(\S+)\n/.exec(output)?.[1] ?? ''
}

async function signedIn(output: string, name: string): Promise<Browser> {
  const browser = new Browser(baseOf(output), {})
  const { status, headers } = await browser.signIn(`${name}@example.org`, passwordOf(name, output))
  expect([status, headers.location]).toEqual([302, `${baseOf(output)}/ui/landing`])
  // Over plain HTTP, not every browser would keep them.
  expect(headers['set-cookie']).toHaveLength(3)
  expect(String(headers['set-cookie'])).not.toMatch(/; secure/i)
  return browser
}

async function read(output: string, name: string, path: string): Promise<unknown> {
  const response = await fetch(accountOf(output) + path, { headers: { 'x-auth-token': tokenOf(name, output) } })
  expect(response.status).toBe(200)
  return response.json()
}

it('the demo shows a tour in which a lost answer charges once, and goes on serving until it is stopped', async () => {
  const { output, exitCode } = await demo([], async (said) => {
    const catalog = await fetch(`${/auth URL\s+(\S+)/.exec(said)?.[1]}/tokens`, { method: 'POST' })
    expect(catalog.status).toBe(200)
    await read(said, 'alice', '/quotas')
  })
  expect(exitCode, output).toBe(0)
  expect(output).toContain('QuotaLimit: 5 wanted, 1 left')
  expect(output).toMatch(/2 requests, 1 answer lost, one commission, \d+: 2 of 2 machines in use, 0 of them pending/)
  expect(output).toContain('0 of 2 machines in use, 0 of them pending')
})

it('the tour makes a project that another user joins and uses, and a later start finds both', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'astakos-demo-'))
  // Where root runs the tests, another user runs PostgreSQL.
  await chmod(folder, 0o755)
  try {
    const dataDir = ['--data-dir', join(folder, 'data')]
    const seen: unknown[] = []
    const look = async (output: string): Promise<void> => {
      const projects = (await read(output, 'carol', '/projects')) as { id: string; name: string; state: string }[]
      const ofAlice = projects.filter(({ name }) => !name.startsWith('system:'))
      expect(ofAlice).toMatchObject([{ name: 'lab.example.org', state: 'active', max_members: 5 }])
      const id = ofAlice[0]?.id ?? ''
      const quotas = (await read(output, 'bob', '/quotas')) as Record<string, Record<string, unknown>>
      expect(quotas[id]?.['cyclades.vm']).toMatchObject({ limit: 3, usage: 0, project_limit: 6, project_usage: 0 })
      const memberships = await read(output, 'alice', `/projects/memberships?project=${id}`)
      expect(memberships).toMatchObject([{ project: id, state: 'accepted', allowed_actions: ['remove'] }])
      seen.push([ofAlice, memberships])
      await signedIn(output, 'alice')
      expect(await readdir(mailsIn(output))).not.toEqual([])
    }

    const first = await demo(dataDir, look)
    expect(first.exitCode, first.output).toBe(0)
    expect(first.output).toMatch(/application \d+ is pending: lab\.example\.org is uninitialized, for up to 5 members/)
    expect(first.output).toContain('approved: lab.example.org is active, for up to 5 members')
    expect(first.output).toContain('bob is accepted, and may leave')
    expect(first.output).toMatch(/2 of 3 machines in use.*\n.*\n.*QuotaLimit: 2 wanted, 1 left\n/)

    const second = await demo(dataDir, look)
    expect(second.exitCode, second.output).toBe(0)
    expect(second.output).toContain('A project that an earlier start made')
    expect(second.output).not.toContain('joinProject')
    expect(second.output).toMatch(/2 of 3 machines in use.*\n.*\n.*QuotaLimit: 2 wanted, 1 left\n/)
    expect(seen[1]).toEqual(seen[0])
    expect(second.output).toContain('Tokens and passwords are new at every start.')
    expect(passwordOf('alice', second.output)).not.toBe(passwordOf('alice', first.output))
    expect(mailsIn(second.output)).toBe(join(folder, 'data', 'mail'))
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('a tour that was stopped half-way, or finds its quota in use, keeps nobody from the service', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'astakos-demo-'))
  await chmod(folder, 0o755)
  try {
    const dataDir = ['--data-dir', join(folder, 'data')]
    const issue = async (output: string, body: object): Promise<void> => {
      const headers = { 'x-auth-token': tokenOf('cyclades', output), 'content-type': 'application/json' }
      const answer = await fetch(`${accountOf(output)}/commissions`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      })
      expect(answer.status).toBe(201)
    }
    const alice = (output: string): string => /alice +\S{43} +(\S{36})/.exec(output)?.[1] ?? ''
    await demo(dataDir, async (output) => {
      const uuid = alice(output)
      const provisions = [{ holder: `user:${uuid}`, source: `project:${uuid}`, resource: 'cyclades.vm', quantity: 1 }]
      await issue(output, { provisions, name: 'create a server (tour)' })
    })
    const second = await demo(dataDir, async (output) => {
      const uuid = alice(output)
      const provisions = [{ holder: `user:${uuid}`, source: `project:${uuid}`, resource: 'cyclades.vm', quantity: 2 }]
      await issue(output, { provisions, name: 'mine', auto_accept: true })
    })
    expect(second.output).toContain('✓')
    const third = await demo(dataDir, async (output) => void (await read(output, 'alice', '/quotas')))
    expect(third.output).toContain('The tour ends here: Resource Limit Exceeded for your account.')
    expect(third.exitCode).toBe(0)
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('variables of the environment go before what the demo would choose', async () => {
  const { output } = await demo([], async () => undefined, {
    ASTAKOS_LISTEN: '127.0.0.1:0',
    ASTAKOS_BASE_URL: 'http://127.0.0.1:1/x',
  })
  expect(output).toContain('auth URL   http://127.0.0.1:1/x/identity/v2.0')
})

it('the printed accounts sign in, and allow the printed application to know who they are', async () => {
  const { output } = await demo([], async (said) => {
    for (const name of ['alice', 'bob', 'carol']) {
      const browser = await signedIn(said, name)
      const landing = await browser.get('/ui/landing')
      expect([landing.status, landing.text]).toEqual([200, expect.stringContaining(`${name}@example.org`)])
    }
    const alice = await signedIn(said, 'alice')
    const [, identifier = ''] = /by OAuth2, (\S+),/.exec(said) ?? []
    const [, secret = ''] = /OAUTH2_SECRET=(\S+) npx tsx examples\/web-login\/main\.ts/.exec(said) ?? []
    const asked = new URLSearchParams({ response_type: 'code', client_id: identifier, state: 'x' }).toString()
    const consent = await alice.get(`/oauth2/auth?${asked}`, { accept: 'text/html' })
    expect(consent.text).toContain(`Sign in to ${identifier}?`)
    const { headers } = await alice.submit(consent)
    const callback = new URL(headers.location ?? '')
    expect([callback.origin, callback.pathname]).toEqual(['http://localhost:8100', '/callback'])
    const granted = await send('POST', `${baseOf(said)}/oauth2/token`, {
      headers: {
        authorization: `Basic ${Buffer.from(`${identifier}:${secret}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: `grant_type=authorization_code&code=${callback.searchParams.get('code')}`,
    })
    const { access_token: accessToken } = granted.json as { access_token: string }
    const { json } = await send('GET', `${baseOf(said)}/identity/v2.0/tokens/${accessToken}`)
    expect(json).toMatchObject({ access: { user: { name: 'Alice Liddell' } } })
  })
  expect(output).not.toContain('new at every start')
})

it('the mail to set a new password is where the demo says, until it stops', async () => {
  let folder = ''
  await demo([], async (said) => {
    folder = mailsIn(said)
    expect(said).toContain('until the service stops, in:')
    const browser = new Browser(baseOf(said), {})
    const cookie = async (): Promise<Record<string, string>> => {
      await browser.get('/ui/password_reset')
      return { 'x-csrftoken': browser.cookie('csrftoken') ?? '' }
    }
    expect((await browser.post('/ui/password_reset', { email: 'alice@example.org' }, await cookie())).status).toBe(200)
    let mail = ''
    for (; mail === ''; await pause(20)) {
      const names = (await readdir(folder)).filter((name) => name.endsWith('.txt'))
      const mails = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
      mail = mails.find((text) => text.includes('/ui/password_reset/confirm?code=')) ?? ''
    }
    expect(mail).toMatch(/^To: alice@example\.org\n/)
    const [, code = ''] = /confirm\?code=(\S+)/.exec(mail) ?? []
    const fields = { code, password: 'a new one of alice' }
    expect((await browser.post('/ui/password_reset/confirm', fields, await cookie())).status).toBe(302)
    expect((await browser.signIn('alice@example.org', 'a new one of alice')).status).toBe(302)
    const again = await new Browser(baseOf(said), {}).signIn('alice@example.org', passwordOf('alice', said))
    expect([again.status, again.text]).toEqual([200, expect.stringContaining('Please enter a correct')])
  })
  await expect(readdir(folder)).rejects.toThrow('ENOENT')
})

it.each([
  ['where people come by https', 'https://127.0.0.1:1/x', {}],
  ['where a variable says so', 'http://127.0.0.1:1/x', { ASTAKOS_INSECURE_COOKIES: 'false' }],
])('cookies are for https alone %s', async (_, baseUrl, env) => {
  const port = await freePort()
  await demo(
    ['--listen', `127.0.0.1:${port}`, '--base-url', baseUrl],
    async (said) => {
      const browser = new Browser(`http://127.0.0.1:${port}/x`, {})
      const { status, headers } = await browser.signIn('alice@example.org', passwordOf('alice', said))
      expect(status).toBe(302)
      const cookies = headers['set-cookie'] ?? []
      expect(cookies.filter((line) => /; Secure/.test(line))).toHaveLength(3)
    },
    env,
  )
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}
