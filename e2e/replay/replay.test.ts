import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AstakosClient, NotFound, stringifyExact, type Quotas } from 'astakosclient'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { replay as replayScenario } from './replay.ts'
import { ReplayService } from './service.ts'
import { readScenarios } from './transcripts.ts'
import { readWorld } from './world.ts'

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
    expect(output).toMatch(/108 scenarios, 1852 steps/)
    const [, passed] = /^(\d+) passed, 0 failed$/m.exec(output) ?? []
    expect(Number(passed), output.slice(-2000)).toBeGreaterThanOrEqual(1100)
    expect(code).toBe(0)
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
      expect.stringMatching(/threw NotFound, due was QuotaLimit/),
    )
  })
})

async function problemsOf(file: string): Promise<string[]> {
  const service = await ReplayService.start()
  try {
    const problems: string[] = []
    for (const scenario of readScenarios(scenarios).filter((one) => one.file === file)) {
      for await (const { verdict } of replayScenario(scenario, world, service)) {
        if (verdict.kind === 'failed') problems.push(...verdict.problems)
      }
    }
    return problems
  } finally {
    await service.stop()
  }
}
