import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const BIN = fileURLToPath(new URL('../bin/astakos-server.js', import.meta.url))

interface Shown {
  readonly output: string
  readonly exitCode: number | null
}

/** Runs it until its tour is over, then `look`, and stops it. */
async function demo(args: readonly string[], look: (output: string) => Promise<void>): Promise<Shown> {
  const child = spawn(process.execPath, [BIN, 'demo', ...args])
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
  } finally {
    await rm(folder, { recursive: true })
  }
})
