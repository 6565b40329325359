import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { AstakosClient, stringifyExact, type Project, type Quotas } from 'astakosclient'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { transports } from '../../packages/client/test/support/transports.ts'
import { readJson, writeJson, type Json } from '../replay/json.ts'
import { readScenario, scenarioFiles, type Scenario, type Step } from '../replay/transcripts.ts'
import { expectationsOf, problemsOf } from '../replay-server/expectation.ts'
import { sendableOf } from '../replay-server/http.ts'
import { Recordings } from '../replay-server/recordings.ts'
import type { Scope } from '../replay-server/scope.ts'
import { routeOf } from '../replay-server/selection.ts'
import { SERVE_WORLD, WorldService } from '../replay-server/service.ts'
import { OriginalClient } from './original.ts'
import { ClientReplay } from './replay.ts'
import { Tap } from './tap.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const scenarios = scenarioFiles([`${root}fixtures/golden/scenarios`]).map(readScenario)

function scenarioOf(wanted: string): Scenario {
  const found = scenarios.find(({ name }) => name === wanted)
  if (found === undefined) throw new Error(`No scenario ${wanted}`)
  return found
}

describe('the replay of the recorded exchanges through the client', () => {
  it('drives at least 1000 of them, and none fails', async () => {
    const command = ['--import', 'tsx', '--conditions=astakos-source', 'e2e/client-service/main.ts']
    const { code, output } = await new Promise<{ code: number; output: string }>((resolve) => {
      execFile(process.execPath, command, { cwd: root, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr })
      })
    })
    const [, passed, failed, , client] =
      /^all +\d+ +(\d+) +(\d+) +(\d+) +(\d+) +\d+ +\d+$/m.exec(output)?.map(Number) ?? []
    expect(failed, output.slice(-4000)).toBe(0)
    expect(passed).toBeGreaterThanOrEqual(1500)
    expect(client).toBeGreaterThanOrEqual(1000)
    // The client does all of the walkthroughs itself.
    expect(output).toMatch(/^walkthrough +2 +37 +0 +0 +37 +0 +0$/m)
    expect(output).toMatch(/^\d+ passed, 0 failed$/m)
    expect(code).toBe(0)
  })
})

describe('against one service', () => {
  const service = new WorldService(SERVE_WORLD, root)
  let scope: Scope
  beforeAll(async () => {
    scope = await service.start()
  })
  afterAll(() => service[Symbol.asyncDispose]())
  afterEach(() => void vi.restoreAllMocks())

  const recordings = new Recordings(`${root}fixtures/golden/world.json`, scenarios)
  async function failuresOf(scenario: Scenario): Promise<string[]> {
    await using tap = new Tap(scope.text('<origin>'))
    await tap.listen()
    const played = await new ClientReplay(service, recordings, tap, transports.slice(0, 1)).play(scenario)
    expect(played.map(({ step }) => step)).toEqual(scenario.steps)
    return played.flatMap(({ verdict }) => (verdict.kind === 'failed' ? verdict.problems : []))
  }

  it('a client that rounds a limit is noticed', async () => {
    const { getQuotas } = AstakosClient.prototype
    vi.spyOn(AstakosClient.prototype, 'getQuotas').mockImplementation(async function (this: AstakosClient) {
      return JSON.parse(stringifyExact(await getQuotas.call(this))) as Quotas
    })
    expect(await failuresOf(scenarioOf('quotas-own'))).toContainEqual(
      expect.stringMatching(/getQuotas over .*: returned.*limit/),
    )
  })

  it('a client that rounds a capacity is noticed', async () => {
    const { getProject } = AstakosClient.prototype
    vi.spyOn(AstakosClient.prototype, 'getProject').mockImplementation(async function (this: AstakosClient, id) {
      return JSON.parse(stringifyExact(await getProject.call(this, id))) as Project
    })
    expect(await failuresOf(scenarioOf('project-create-resources'))).toContainEqual(
      expect.stringMatching(/getProject over .*: returned.*capacity/),
    )
  })

  it('a client that denies what it should approve is noticed', async () => {
    const { applicationAction } = AstakosClient.prototype
    vi.spyOn(AstakosClient.prototype, 'applicationAction').mockImplementation(function (this: AstakosClient, id, app) {
      return applicationAction.call(this, id, app, 'deny')
    })
    expect(await failuresOf(scenarioOf('walkthrough-user'))).toContainEqual(
      expect.stringMatching(/joinProject over .*: threw Conflict|expected 200, got 409/),
    )
  })

  it('a client that accepts another commission is noticed', async () => {
    const { acceptCommission } = AstakosClient.prototype
    vi.spyOn(AstakosClient.prototype, 'acceptCommission').mockImplementation(function (this: AstakosClient, serial) {
      return acceptCommission.call(this, serial + 1)
    })
    expect(await failuresOf(scenarioOf('commission-accept'))).toContainEqual(
      expect.stringMatching(/acceptCommission over .*: threw NotFound|expected 200, got 404/),
    )
  })

  it('a client that asks twice is noticed', async () => {
    const { getPendingCommissions } = AstakosClient.prototype
    vi.spyOn(AstakosClient.prototype, 'getPendingCommissions').mockImplementation(async function (this: AstakosClient) {
      await getPendingCommissions.call(this)
      return getPendingCommissions.call(this)
    })
    expect(await failuresOf(scenarioOf('commission-accept'))).toContainEqual(
      expect.stringMatching(/getPendingCommissions over .*: asked the service 2 times/),
    )
  })

  it('a service that answers otherwise than was recorded is noticed', async () => {
    const scenario = scenarioOf('walkthrough-service')
    const recorded = writeJson(scenario.steps as unknown as Json)
    expect(recorded).toContain('"limit":2,')
    const steps = readJson(recorded.replace('"limit":2,', '"limit":3,')) as unknown as Step[]
    const [first] = await failuresOf({ ...scenario, steps })
    expect(first).toMatch(/limit: expected 3, got 2$/)
  })

  describe("the original's client", () => {
    for (const [name, token] of [
      ['walkthrough-user', '<token:alice>'],
      ['walkthrough-service', '<token:component:cyclades>'],
    ] as const) {
      it(`is answered as recorded in ${name}`, async () => {
        const fresh = await service.reset()
        using client = new OriginalClient(fresh.text('<origin>'), fresh.text(token))
        for (const step of scenarioOf(name).steps) {
          const { request, response } = step
          if (request === undefined || response === undefined) throw new Error('A walkthrough is of exchanges alone')
          const sendable = sendableOf(request, fresh, null)
          // oxlint-disable-next-line no-await-in-loop -- one after the other, over one connection
          const received = await client.send(sendable)
          const expected = expectationsOf({ ...step, response }, routeOf(request.url))
          expect(problemsOf(expected, received, sendable.url, fresh), `${step.n}: ${request.url}`).toEqual([])
        }
      })
    }
  })
})
