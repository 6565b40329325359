import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const BIN = fileURLToPath(new URL('../bin/astakos-server.js', import.meta.url))

it('the demo shows a tour in which a lost answer charges once, and goes on serving until it is stopped', async () => {
  const child = spawn(process.execPath, [BIN, 'demo'])
  let output = ''
  child.stdout.on('data', (text: Buffer) => (output += text.toString()))
  child.stderr.on('data', (text: Buffer) => (output += text.toString()))
  const ended = once(child, 'exit')
  while (!output.includes('The service goes on') && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 20))
  const authUrl = /auth URL\s+(\S+)/.exec(output)?.[1] ?? ''
  const [, account] = /curl -H 'X-Auth-Token: (?:\S+)' (\S+)/.exec(output) ?? []
  const token = /alice\s+(\S{43})/.exec(output)?.[1] ?? ''
  const [catalog, quotas] = await Promise.all([
    fetch(`${authUrl}/tokens`, { method: 'POST' }),
    fetch(account ?? '', { headers: { 'x-auth-token': token } }),
  ])
  child.kill('SIGINT')
  await ended
  expect([catalog.status, quotas.status, child.exitCode]).toEqual([200, 200, 0])
  expect(output).toContain('QuotaLimit: 5 wanted, 1 left')
  expect(output).toMatch(/2 requests, 1 answer lost, one commission, \d+: 2 of 2 machines in use, 0 of them pending/)
  expect(output).toContain('0 of 2 machines in use, 0 of them pending')
})
