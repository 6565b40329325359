import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AstakosClient, NotFound, stringifyExact, type Quotas } from 'astakosclient'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Replay } from './replay.ts'
import { ReplayServer } from './server.ts'
import { readScenario, readWorld } from './transcripts.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const scenarios = join(root, 'fixtures/golden/scenarios')
const world = readWorld(join(root, 'fixtures/golden/world.json'))

function replay(...args: string[]): Promise<{ code: number; output: string }> {
  const command = ['--import', 'tsx', '--conditions=astakos-source', 'e2e/replay/main.ts', ...args]
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: root, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr })
    })
  })
}

describe('the replay of the recorded exchanges', () => {
  it('drives at least 1,100 of them, and none fails', async () => {
    const { code, output } = await replay()
    expect(output).toMatch(/^all +108 +\d+ +0 +\d+$/m)
    const [, passed] = /^(\d+) passed, 0 failed$/m.exec(output) ?? []
    expect(Number(passed), output.slice(-2000)).toBeGreaterThanOrEqual(1100)
    expect(code).toBe(0)
  })

  it('fails where a recording contradicts itself', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'astakos-replay-'))
    const tamper = (file: string, from: string, to: string): void => {
      const text = readFileSync(join(scenarios, file), 'utf8')
      expect(text).toContain(from)
      writeFileSync(join(folder, file), text.replace(from, to))
    }
    tamper('107-walkthrough-user.json', '"limit": 8,', '"limit": "8",')
    tamper('108-walkthrough-service.json', '"status": 413', '"status": 409')
    const { code, output } = await replay(folder)
    rmSync(folder, { recursive: true })
    expect(output).toMatch(/FAILED walkthrough-user 4: GET .*quotas\n +getQuotas: returned\..*\.limit: a quantity, but/)
    expect(output).toMatch(/FAILED walkthrough-service \d+: POST .*commissions/)
    expect(output).toMatch(/^35 passed, 2 failed$/m)
    expect(code).toBe(1)
  })

  it('fails where there is nothing to replay', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'astakos-replay-'))
    const { code } = await replay(folder)
    rmSync(folder, { recursive: true })
    expect(code).toBe(1)
  })
})

describe('a client that is not right', () => {
  afterEach(() => void vi.restoreAllMocks())

  it('is noticed when it rounds a limit', async () => {
    const { getQuotas } = AstakosClient.prototype
    vi.spyOn(AstakosClient.prototype, 'getQuotas').mockImplementation(async function (this: AstakosClient) {
      return JSON.parse(stringifyExact(await getQuotas.call(this))) as Quotas
    })
    expect(await problemsOf('107-walkthrough-user.json')).toContainEqual(expect.stringMatching(/limit/))
  })

  it('is noticed when it sends another request', async () => {
    const { acceptCommission } = AstakosClient.prototype
    vi.spyOn(AstakosClient.prototype, 'acceptCommission').mockImplementation(function (this: AstakosClient, serial) {
      return acceptCommission.call(this, serial + 1)
    })
    expect(await problemsOf('108-walkthrough-service.json')).toContainEqual(
      expect.stringMatching(/acceptCommission: path/),
    )
  })

  it('is noticed when it throws another error', async () => {
    const { issueCommissionGeneric } = AstakosClient.prototype
    vi.spyOn(AstakosClient.prototype, 'issueCommissionGeneric').mockImplementation(function (
      this: AstakosClient,
      ...args
    ) {
      return issueCommissionGeneric.apply(this, args).catch(() => {
        throw new NotFound('Not Found')
      })
    })
    expect(await problemsOf('108-walkthrough-service.json')).toContainEqual(
      expect.stringMatching(/error\.name: expected "QuotaLimit", got "NotFound"/),
    )
  })
})

async function problemsOf(file: string): Promise<string[]> {
  await using server = new ReplayServer()
  await server.listen()
  const problems: string[] = []
  for await (const [, verdict] of new Replay(server, world).play(readScenario(join(scenarios, file)))) {
    if (verdict.kind === 'failed') problems.push(...verdict.problems)
  }
  return problems
}
