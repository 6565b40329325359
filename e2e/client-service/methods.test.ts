import {
  NoEndpoints,
  NoHolding,
  NotFound,
  NoUserName,
  NoUUID,
  parseEndpoints,
  QuotaLimit,
  Unauthorized,
  UNLIMITED,
  type AstakosClient,
} from 'astakosclient'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { failure } from '../../packages/client/test/support/transports.ts'
import { Cloud, collected, transports } from './cloud.ts'

const cloud = new Cloud()
beforeAll(() => cloud.start())
afterEach(() => cloud.closeClients())
afterAll(() => cloud[Symbol.asyncDispose]())

const VM = 'cyclades.vm'
const NETWORK = 'cyclades.network.private'
const NOBODY = '00000000-0000-4000-8000-000000000000'

for (const transport of transports) {
  describe(`the methods over ${transport.name}`, () => {
    let alice: AstakosClient
    let cyclades: AstakosClient
    let aliceId = ''
    let bobId = ''
    beforeAll(() => cloud.reset())
    beforeEach(() => {
      alice = cloud.client('alice', transport)
      cyclades = cloud.client('component:cyclades', transport)
      aliceId = cloud.value('uuid:alice')
      bobId = cloud.value('uuid:bob')
    })

    it('authenticate says whose token it is, and who asks', async () => {
      const { access } = await alice.authenticate({ tenantName: aliceId })
      expect(access.token.id).toBe(cloud.value('token:alice'))
      expect(access.token.tenant).toEqual({ id: aliceId, name: 'Alice Liddell' })
      expect(access.user).toMatchObject({ id: aliceId, name: 'Alice Liddell', roles: [], projects: [aliceId] })
      expect(await failure(cloud.client('grace', transport).authenticate())).toBeInstanceOf(Unauthorized)
      expect(await failure(alice.authenticate({ tenantName: bobId }))).toMatchObject({ name: 'BadRequest' })
    })

    it('getEndpoints tells all services without asking who calls, for parseEndpoints to choose from', async () => {
      const endpoints = await cloud.client('grace', transport).getEndpoints()
      const [account, ...others] = parseEndpoints(endpoints, { name: 'astakos_account', versionId: 'v1.0' })
      expect(others).toEqual([])
      expect(account?.endpoints.map(({ publicURL }) => publicURL)).toEqual([`${cloud.value('base')}/account/v1.0`])
      const [compute] = parseEndpoints(endpoints, { type: 'compute', region: 'default' })
      expect(compute?.endpoints.map(({ versionId }) => versionId)).toEqual(['v2.0', 'v2.1'])
      expect(() => parseEndpoints(endpoints, { name: 'nobody' })).toThrow(NoEndpoints)
    })

    it('features are what the service offers beyond the original', async () => {
      expect(await alice.features()).toEqual(new Set(['idempotent-commissions', 'resolved-commissions']))
    })

    it('validateToken knows no token of a user, nor one of nobody', async () => {
      for (const token of ['nobody', alice.token]) {
        // oxlint-disable-next-line no-await-in-loop -- two
        expect(await failure(alice.validateToken(token))).toMatchObject({ name: 'NotFound', status: 404 })
      }
    })

    it('the eight look-ups translate both ways', async () => {
      const [ALICE, BOB, Bob] = ['alice@example.org', 'bob@example.org', 'Bob@Example.org']
      const names = { [aliceId]: ALICE, [bobId]: BOB }
      expect(await alice.getUsernames([aliceId, bobId, NOBODY])).toEqual(names)
      expect(await cyclades.serviceGetUsernames([aliceId, bobId, NOBODY])).toEqual(names)
      expect(await cyclades.serviceGetUsernames(null)).toMatchObject(names)
      expect(await alice.getUsername(bobId)).toBe(BOB)
      expect(await cyclades.serviceGetUsername(bobId)).toBe(BOB)
      expect(await alice.getUuids([ALICE, Bob, 'nobody'])).toEqual({ [ALICE]: aliceId, [Bob]: bobId })
      expect(await cyclades.serviceGetUuids([ALICE, Bob, 'nobody'])).toEqual({ [ALICE]: aliceId, [Bob]: bobId })
      expect(await alice.getUuid(Bob)).toBe(bobId)
      expect(await cyclades.serviceGetUuid(Bob)).toBe(bobId)
      expect(await failure(alice.getUsername(NOBODY))).toBeInstanceOf(NoUserName)
      expect(await failure(cyclades.serviceGetUsername(NOBODY))).toBeInstanceOf(NoUserName)
      expect(await failure(alice.getUuid('nobody'))).toBeInstanceOf(NoUUID)
      expect(await failure(cyclades.serviceGetUuid('nobody'))).toBeInstanceOf(NoUUID)
      expect(await failure(alice.serviceGetUsernames([aliceId]))).toBeInstanceOf(Unauthorized)
    })

    it('getServices, getResources and sendFeedback are answered', async () => {
      const services = await alice.getServices()
      expect(services.map(({ name, order }) => [name, order])).toEqual([
        ['astakos', 1],
        ['pithos', 2],
        ['cyclades', 3],
        ['legacy', 1000],
      ])
      expect((await alice.getResources())['pithos.diskspace']).toEqual({
        service: 'pithos_object-store',
        description: 'Room for files – objects and images',
        unit: 'bytes',
        ui_visible: true,
        api_visible: true,
      })
      expect(await alice.sendFeedback('Καλό & gut = bon', '{"client": "e2e"}')).toBeUndefined()
      expect(await failure(cyclades.sendFeedback('from a service', '1'))).toBeInstanceOf(Unauthorized)
    })

    it('setDefaultProject takes a project of the user alone', async () => {
      expect(await alice.setDefaultProject(aliceId)).toBeUndefined()
      expect((await alice.authenticate()).access.token.tenant.id).toBe(aliceId)
      expect(await failure(alice.setDefaultProject(bobId))).toBeInstanceOf(NotFound)
      expect(await failure(alice.setDefaultProject(NOBODY))).toBeInstanceOf(NotFound)
    })

    it('quotas are the same by each of the methods, and exact up to 9223372036854775807', async () => {
      const quotas = await alice.getQuotas()
      const idle = { usage: 0n, pending: 0n, project_usage: 0n, project_pending: 0n }
      expect(quotas[aliceId]?.[NETWORK]).toEqual({ limit: UNLIMITED, project_limit: UNLIMITED, ...idle })
      expect(quotas[aliceId]?.[VM]).toEqual({ limit: 2n, project_limit: 2n, ...idle })

      const all = await cyclades.serviceGetQuotas()
      expect(Object.keys(all)).toEqual(expect.arrayContaining([aliceId, bobId]))
      expect(all[aliceId]?.[aliceId]?.[NETWORK]).toEqual(quotas[aliceId]?.[NETWORK])
      expect(Object.fromEntries(await collected(cyclades.serviceQuotasEntries()))).toEqual(all)
      const some = { user: [aliceId, bobId], projectId: [aliceId, bobId] }
      expect(await cyclades.serviceGetQuotas(some)).toEqual({ [aliceId]: all[aliceId], [bobId]: all[bobId] })
      expect(await collected(cyclades.serviceQuotasEntries({ user: bobId }))).toEqual([[bobId, all[bobId]]])
      expect(await failure(cyclades.serviceGetQuotas({ user: NOBODY }))).toBeInstanceOf(NotFound)
      expect(await failure(collected(cyclades.serviceQuotasEntries({ user: NOBODY })))).toBeInstanceOf(NotFound)

      const projects = await cyclades.serviceGetProjectQuotas()
      expect(projects[aliceId]?.[NETWORK]).toEqual({ project_limit: UNLIMITED, project_usage: 0n, project_pending: 0n })
      expect(Object.fromEntries(await collected(cyclades.serviceProjectQuotasEntries()))).toEqual(projects)
      expect(await cyclades.serviceGetProjectQuotas({ projectId: [bobId] })).toEqual({ [bobId]: projects[bobId] })
    })

    it('the three ways to issue reserve, and what is resolved is used or given back', async () => {
      const carolId = cloud.value('uuid:carol')
      const one = await cyclades.issueOneCommission(
        bobId,
        bobId,
        { [VM]: 1n, 'cyclades.ram': 2n ** 31n },
        { name: 'ένα' },
      )
      const listed = await cyclades.issueOneCommission(bobId, [{ project: bobId, resource: VM, quantity: 1 }])
      const generic = await cyclades.issueCommissionGeneric(
        [{ user: carolId, project: carolId, resource: VM, quantity: 1 }],
        [{ project: carolId, resource: VM, quantity: 1 }],
      )
      const moved = await cyclades.issueResourceReassignment(bobId, [
        { from: bobId, to: bobId, resource: 'cyclades.cpu', quantity: 0 },
      ])
      expect(await cyclades.getPendingCommissions()).toEqual([one, listed, generic, moved])
      expect(await cloud.holding(cyclades, 'bob', VM)).toMatchObject({ usage: 2n, pending: 2n })
      const halves = (resource: string, quantity: bigint): object[] => [
        { holder: `user:${bobId}`, source: `project:${bobId}`, resource, quantity },
        { holder: `project:${bobId}`, source: null, resource, quantity },
      ]
      const info = await cyclades.getCommissionInfo(one)
      expect(info).toMatchObject({ serial: one, name: 'ένα' })
      expect(info.provisions).toEqual(expect.arrayContaining([...halves(VM, 1n), ...halves('cyclades.ram', 2n ** 31n)]))
      expect(info.provisions).toHaveLength(4)
      expect(await cyclades.getCommissionInfo(one, { resolved: true })).toMatchObject({ ...info, state: 'pending' })

      const pithos = cloud.client('component:pithos', transport)
      expect(await pithos.getPendingCommissions()).toEqual([])
      expect(await failure(pithos.acceptCommission(one))).toBeInstanceOf(NotFound)

      expect(await cyclades.acceptCommission(one)).toBeUndefined()
      expect(await cyclades.rejectCommission(listed)).toBeUndefined()
      expect(await cyclades.commissionAction(moved, 'accept')).toBeUndefined()
      expect(await cloud.holding(cyclades, 'bob', VM)).toMatchObject({ usage: 1n, pending: 0n, project_usage: 1n })
      expect(await cyclades.resolveCommissions([generic, one], [999])).toMatchObject({
        accepted: [generic],
        rejected: [],
        failed: [
          [one, { itemNotFound: { code: 404 } }],
          [999, { itemNotFound: { code: 404 } }],
        ],
      })
      expect(await cyclades.getPendingCommissions()).toEqual([])
      expect(await failure(cyclades.getCommissionInfo(one))).toBeInstanceOf(NotFound)
      expect(await cyclades.getCommissionInfo(one, { resolved: true })).toMatchObject({ ...info, state: 'accepted' })
      expect(await cyclades.getCommissionInfo(listed, { resolved: true })).toMatchObject({ state: 'rejected' })
      expect(await failure(cyclades.commissionAction(one, 'reject'))).toMatchObject({
        name: 'NotFound',
        outcome: 'none',
      })
    })

    it('9223372036854775807 is reserved, refused and given back exactly', async () => {
      await cyclades.issueOneCommission(bobId, bobId, { [NETWORK]: UNLIMITED }, { autoAccept: true })
      expect(await cloud.holding(cyclades, 'bob', NETWORK)).toMatchObject({ usage: UNLIMITED, pending: 0n })
      const over = await failure(cyclades.issueOneCommission(bobId, bobId, { [NETWORK]: 1n }))
      expect(over).toBeInstanceOf(QuotaLimit)
      expect(over).toMatchObject({ limit: UNLIMITED, usage: UNLIMITED, available: 0n, requested: 1n, kind: 'capacity' })
      const stranger = await failure(cyclades.issueOneCommission(bobId, aliceId, { [NETWORK]: 1n }))
      expect(stranger).toBeInstanceOf(NoHolding)
      expect(stranger).toMatchObject({ provision: { holder: `user:${bobId}`, source: `project:${aliceId}` } })
      await cyclades.issueOneCommission(bobId, bobId, { [NETWORK]: -UNLIMITED }, { autoAccept: true })
      expect(await cloud.holding(cyclades, 'bob', NETWORK)).toMatchObject({ usage: 0n, pending: 0n })
      const below = await failure(cyclades.issueOneCommission(bobId, bobId, { [NETWORK]: -1n }, { force: true }))
      expect(below).toMatchObject({ name: 'QuotaLimit', kind: 'quantity', usage: 0n, requested: -1n })
    })
  })
}
