import { describe, expect, it } from 'vitest'
import { sql } from '../../packages/server/src/db/statement.ts'
import { Random } from '../model/random.ts'
import { drawFaults, FAULT_NAMES, runCampaign } from './campaign.ts'
import { checkDatabase, checkReplays, type Finding } from './check.ts'
import { QUIET } from './http-proxy.ts'
import { CommitReader, type CommitFate } from './postgres-proxy.ts'
import { playRound } from './round.ts'
import { openGivenStage } from './stage.ts'

const signal = new AbortController().signal

describe('services and databases that are killed', () => {
  it('lose nothing, do nothing twice and leave nothing half done', async () => {
    const report = await runCampaign({ seed: 1, faults: ['service', 'postgres', 'embedded service'], signal })
    expect(report.findings).toEqual([])
    expect(report).toMatchObject({ rounds: 3, kept: null })
    expect(report.kills).toBeGreaterThanOrEqual(3)
    expect(report.acknowledged).toBeGreaterThan(0)
  })

  it('are killed in each way equally often', () => {
    expect(drawFaults(FAULT_NAMES.length * 2, 1).toSorted()).toEqual([...FAULT_NAMES, ...FAULT_NAMES].toSorted())
  })
})

/** What is done to the database behind everybody's back, and what has to be told of it. */
const DAMAGES: readonly { readonly name: string; readonly statement: string; readonly told: Finding }[] = [
  {
    name: 'a commission that is gone',
    statement: "delete from resolutions where serial = $1 and name like 'keyed %'",
    told: { kind: 'lost', what: '$1 of $2 was acknowledged, and is not there' },
  },
  {
    name: 'a commission that is there twice',
    statement: `insert into resolutions
                select nextval('serials'), component, name, issue_time, resolve_time, accepted, reason, holdings,
                       quantities, limits, usage_mins, usage_maxs
                  from resolutions where serial = $1`,
    told: { kind: 'doubled', what: '$2 has 2 effects' },
  },
  {
    name: 'a settlement that went the other way',
    statement: 'update resolutions set accepted = not accepted where serial = $1',
    told: { kind: 'lost', what: '$1 was acknowledged as ' },
  },
  {
    name: 'a commission that charges only a part',
    statement: 'update resolutions set quantities[1] = 0 where serial = $1',
    told: { kind: 'half-applied', what: '$2: it charges ' },
  },
  {
    name: 'an effect without its key',
    statement: 'delete from idempotency_keys where serial = $1',
    told: { kind: 'half-applied', what: 'keyed $2 of $1 has no key' },
  },
  {
    name: 'a counter that is off by one',
    statement: `update holdings set usage_max = usage_max + 1
                 where id = (select holdings[1] from resolutions where serial = $1)`,
    told: { kind: 'sums', what: 'I2: ' },
  },
]

describe('a database that was doctored', () => {
  it('is reported, each damage for what it is', async () => {
    await using stage = await openGivenStage(new Random(2))
    const fault = (): Promise<number> => Promise.resolve(0)
    const round = { prefix: 'd', random: new Random(2), signal, noise: QUIET, fault }
    expect((await playRound(stage, round)).findings).toEqual([])

    const calls = stage.journal.read()
    const components = stage.world.components.map(({ name }) => name)
    const ended = [...calls.values()].filter(({ state }) => state !== null)
    expect(ended.length).toBeGreaterThan(DAMAGES.length)
    for (const [index, { name, statement, told }] of DAMAGES.entries()) {
      const { key, decision } = ended[index] ?? expect.fail('too few commissions have ended')
      const serial = decision?.serial ?? 0
      const what = told.what.replace('$1', String(serial)).replace('$2', key)
      const isTold = (finding: Finding): boolean => finding.kind === told.kind && finding.what.includes(what)
      const look = (): Promise<Finding[]> => stage.ask((database) => checkDatabase(database, calls, components))
      expect((await look()).filter(isTold), `before ${name}`).toEqual([])
      await stage.ask((database) => database.query(sql(statement), [serial]))
      expect((await look()).filter(isTold), name).not.toEqual([])
    }

    const { world, journal, services } = stage
    const origin = (): string => services[0]?.origin ?? ''
    const desk = { world, journal, origin, by: 'recovery', onSurprise: expect.fail } as const
    const last = ended.slice(-1)
    expect(await checkReplays(desk, last)).toEqual([])
    const change = sql(`update idempotency_keys set body = '{"serial": 0}' where key = $1`)
    await stage.ask((database) => database.query(change, [last[0]?.key]))
    expect(await checkReplays(desk, last)).toMatchObject([{ kind: 'doubled' }])
  })
})

describe('the reader of COMMITs', () => {
  const message = (type: string, ...texts: string[]): Buffer => {
    const body = Buffer.from(texts.map((text) => `${text}\0`).join(''))
    const head = Buffer.alloc(type.length + 4)
    head.write(type, 'latin1')
    head.writeInt32BE(body.length + 4, type.length)
    return Buffer.concat([head, body])
  }
  const start = Buffer.from('0000000800030000', 'hex')
  const parsed = Buffer.concat([message('P', 'c', 'commit'), message('P', 's', 'select 1')])
  const before = Buffer.concat([start, parsed, message('B', '', 's'), message('E', ''), message('S')])
  const commit = Buffer.concat([message('B', '', 'c'), message('E', ''), message('S')])
  const bytes = Buffer.concat([before, commit, message('B', '', 's')])

  const passedOf = (fate: CommitFate, size: number): { passed: Buffer; isCut: boolean } => {
    const reader = new CommitReader()
    let passed = Buffer.alloc(0)
    for (let at = 0; at < bytes.length; at += size) {
      const part = reader.pass(bytes.subarray(at, at + size), () => fate)
      passed = Buffer.concat([passed, part.bytes])
      if (part.isCut) return { passed, isCut: true }
    }
    return { passed, isCut: false }
  }

  for (const size of [1, 7, 1000]) {
    it(`cuts before, behind or not at all, in pieces of ${size}`, () => {
      expect(passedOf('pass', size)).toEqual({ passed: bytes, isCut: false })
      expect(passedOf('before', size)).toEqual({ passed: before, isCut: true })
      expect(passedOf('after', size)).toEqual({ passed: Buffer.concat([before, commit]), isCut: true })
    })
  }
})
