import type { AstakosClient, IssueOptions, Serial } from 'astakosclient'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { failure } from '../../packages/client/test/support/transports.ts'
import { startTcpProxy, type TcpProxy } from '../../packages/server/test/support/tcp-proxy.ts'
import { Cloud, transports } from './cloud.ts'

/** Answers get lost between the service and its client, which has to find out without charging anybody twice. */

const cloud = new Cloud()
let proxy: TcpProxy
beforeAll(() => cloud.start())
beforeEach(async () => {
  await cloud.reset()
  proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(cloud.value('origin')).port) })
})
afterEach(async () => {
  await cloud.closeClients()
  await proxy.close()
})
afterAll(() => cloud[Symbol.asyncDispose]())

const VM = 'cyclades.vm'
const ISSUE = 'POST /astakos/account/v1.0/commissions HTTP/1.1'
const RESOLVE = 'POST /astakos/account/v1.0/commissions/action HTTP/1.1'
const act = (serial: Serial): string => `POST /astakos/account/v1.0/commissions/${serial}/action HTTP/1.1`

for (const transport of transports) {
  describe(`lost answers over ${transport.name}`, () => {
    /** Its traffic goes through the proxy. */
    let lossy: AstakosClient
    /** Its traffic does not. */
    let direct: AstakosClient
    let bob = ''
    beforeEach(() => {
      const origin = `http://127.0.0.1:${proxy.port}`
      lossy = cloud.client('component:cyclades', transport, { retry: 3, retryDelayMsMax: 1 }, origin)
      direct = cloud.client('component:cyclades', transport)
      bob = cloud.value('uuid:bob')
    })

    const ways: Readonly<Record<string, (options?: IssueOptions) => Promise<Serial>>> = {
      issueOneCommission: (options) => lossy.issueOneCommission(bob, bob, { [VM]: 1n }, options),
      issueCommissionGeneric: (options) =>
        lossy.issueCommissionGeneric(
          [{ user: bob, project: bob, resource: VM, quantity: 1 }],
          [{ project: bob, resource: VM, quantity: 1 }],
          options,
        ),
    }

    for (const [way, issue] of Object.entries(ways)) {
      it(`${way} charges once where its answer is lost`, async () => {
        const lost = proxy.loseAnswer(ISSUE)
        const serial = await issue()
        await lost
        expect(await direct.getPendingCommissions()).toEqual([serial])
        expect(await cloud.holding(direct, 'bob', VM)).toMatchObject({ usage: 1n, pending: 1n, project_usage: 1n })
        await lossy.acceptCommission(serial)
        expect(await cloud.holding(direct, 'bob', VM)).toMatchObject({ usage: 1n, pending: 0n, project_usage: 1n })
      })
    }

    it('issueResourceReassignment moves once where its answer is lost', async () => {
      await direct.issueOneCommission(bob, bob, { [VM]: 1n }, { autoAccept: true })
      const lost = proxy.loseAnswer(ISSUE)
      const move = { from: bob, to: bob, resource: VM, quantity: 1 }
      const serial = await lossy.issueResourceReassignment(bob, [move], { autoAccept: true })
      await lost
      expect(await direct.getCommissionInfo(serial, { resolved: true })).toMatchObject({ state: 'accepted' })
      expect(await direct.getPendingCommissions()).toEqual([])
      expect(await cloud.holding(direct, 'bob', VM)).toMatchObject({ usage: 1n, pending: 0n, project_usage: 1n })
    })

    it('an issue charges once where its answer is lost three times', async () => {
      const lost = proxy
        .loseAnswer(ISSUE)
        .then(() => proxy.loseAnswer(ISSUE))
        .then(() => proxy.loseAnswer(ISSUE))
      const serial = await lossy.issueOneCommission(bob, bob, { [VM]: 2n }, { autoAccept: true })
      await lost
      expect(await direct.getCommissionInfo(serial, { resolved: true })).toMatchObject({ state: 'accepted' })
      expect(await cloud.holding(direct, 'bob', VM)).toMatchObject({ usage: 2n, pending: 0n, project_usage: 2n })
    })

    it('an issue charges once where its request is lost', async () => {
      const lost = proxy.loseRequest(ISSUE)
      const serial = await lossy.issueOneCommission(bob, bob, { [VM]: 1n })
      await lost
      expect(await direct.getPendingCommissions()).toEqual([serial])
      expect(await cloud.holding(direct, 'bob', VM)).toMatchObject({ usage: 1n, pending: 1n })
    })

    /** A call without retries: a kept connection that breaks at once is another matter, and given a second try. */
    async function withoutAnswer(call: () => Promise<unknown>): Promise<unknown> {
      let isOver = false
      const loseAll = (): Promise<void> => proxy.loseAnswer(ISSUE).then(() => (isOver ? undefined : loseAll()))
      void loseAll()
      const error = await failure(call())
      isOver = true
      void proxy.loseAnswer('no such request')
      return error
    }

    it('an issue that ends without an answer says by which key to ask again', async () => {
      const error = await withoutAnswer(() => lossy.issueOneCommission(bob, bob, { [VM]: 1n }, { retry: 0 }))
      expect(error).toMatchObject({ name: 'ConnectionError', outcome: 'unknown' })
      const { idempotencyKey } = error as { idempotencyKey: string }
      expect(idempotencyKey).toMatch(/^[!-~]+$/)
      const pending = await direct.getPendingCommissions()
      expect(pending).toHaveLength(1)
      expect([await lossy.issueOneCommission(bob, bob, { [VM]: 1n }, { idempotencyKey })]).toEqual(pending)
      expect(await cloud.holding(direct, 'bob', VM)).toMatchObject({ usage: 1n, pending: 1n })
      expect(await failure(lossy.issueOneCommission(bob, bob, { [VM]: 2n }, { idempotencyKey }))).toMatchObject({
        name: 'KeyReused',
        status: 422,
      })
    })

    it('a refusal whose answer is lost stays a refusal, also when there is room by then', async () => {
      const full = await direct.issueOneCommission(bob, bob, { [VM]: 2n })
      const idempotencyKey = 'refused'
      const options = { idempotencyKey, retry: 0 }
      const error = await withoutAnswer(() => lossy.issueOneCommission(bob, bob, { [VM]: 1n }, options))
      expect(error).toMatchObject({ name: 'ConnectionError', outcome: 'unknown', idempotencyKey })
      await direct.rejectCommission(full)
      const again = await failure(lossy.issueOneCommission(bob, bob, { [VM]: 1n }, { idempotencyKey }))
      expect(again).toMatchObject({ name: 'QuotaLimit', limit: 2n, usage: 2n, requested: 1n })
      expect(await cloud.holding(direct, 'bob', VM)).toMatchObject({ usage: 0n, pending: 0n })
    })

    it('accept and reject resolve where their answer is lost', async () => {
      const accepted = await direct.issueOneCommission(bob, bob, { [VM]: 1n })
      const rejected = await direct.issueOneCommission(bob, bob, { [VM]: 1n })
      const lostAccept = proxy.loseAnswer(act(accepted))
      expect(await lossy.acceptCommission(accepted)).toBeUndefined()
      await lostAccept
      const lostReject = proxy.loseAnswer(act(rejected))
      expect(await lossy.rejectCommission(rejected)).toBeUndefined()
      await lostReject
      expect(await direct.getPendingCommissions()).toEqual([])
      expect(await cloud.holding(direct, 'bob', VM)).toMatchObject({ usage: 1n, pending: 0n })
    })

    it('an accept whose answer is lost is NotFound where the commission was rejected before', async () => {
      const serial = await direct.issueOneCommission(bob, bob, { [VM]: 1n })
      await direct.rejectCommission(serial)
      const lost = proxy.loseAnswer(act(serial))
      expect(await failure(lossy.commissionAction(serial, 'accept'))).toMatchObject({
        name: 'NotFound',
        outcome: 'none',
        attempts: 2,
      })
      await lost
    })

    it('resolveCommissions names what it resolved where its answer is lost', async () => {
      const accepted = await direct.issueOneCommission(bob, bob, { [VM]: 1n })
      const rejected = await direct.issueOneCommission(bob, bob, { [VM]: 1n })
      const lost = proxy.loseAnswer(RESOLVE)
      expect(await lossy.resolveCommissions([accepted], [rejected, 999])).toMatchObject({
        accepted: [accepted],
        rejected: [rejected],
        failed: [[999, { itemNotFound: { code: 404 } }]],
      })
      await lost
      expect(await cloud.holding(direct, 'bob', VM)).toMatchObject({ usage: 1n, pending: 0n })
    })
  })
}
