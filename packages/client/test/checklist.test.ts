import { describe, expect, it } from 'vitest'
import {
  AstakosClient,
  AstakosClientException,
  BadRequest,
  BadValue,
  Conflict,
  Forbidden,
  InvalidResponse,
  NotFound,
  NoUserName,
  NoUUID,
  QuotaLimit,
  Unauthorized,
  UNLIMITED,
} from '../src/index.ts'
import { CATALOG } from './support/raw-server.ts'
import { always, isDiscovery, serve } from './support/service.ts'
import { clientOf, failure, nodeTransports, TOKEN } from './support/transports.ts'

/** The ten items of the client specification, 10, each by its number. Other files go further into each. */

for (const transport of nodeTransports) {
  describe(`the checklist over ${transport.name}`, () => {
    it('1: construction without a token, or with an unsupported scheme, fails without traffic', async () => {
      await using service = await serve()
      const { port } = new URL(service.origin)
      expect(() => new AstakosClient(null as unknown as string, service.authUrl, transport.options)).toThrow(BadValue)
      expect(() => new AstakosClient(TOKEN, null as unknown as string, transport.options)).toThrow(BadValue)
      expect(() => new AstakosClient(TOKEN, `ftp://127.0.0.1:${port}/identity/v2.0`, transport.options)).toThrow(
        /Unsupported scheme: ftp/,
      )
      await using unused = clientOf(service, transport)
      expect(unused.authUrl).toBe(service.authUrl)
      expect(service.connections).toBe(0)
    })

    it('2: the first account call is one public discovery and the call; later calls do not discover', async () => {
      await using service = await serve(always({ body: {} }))
      await using client = clientOf(service, transport)
      await client.getQuotas()
      await client.getResources()
      expect(service.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
        'POST /identity/v2.0/tokens',
        'GET /account/v1.0/quotas',
        'GET /account/v1.0/resources',
      ])
      expect(service.requests[0]).toMatchObject({
        body: '',
        headers: { 'content-length': '0', 'content-type': 'application/json' },
      })
    })

    it('3: an OAuth2 call after account discovery is one more discovery', async () => {
      await using service = await serve(always({ body: { access_token: 'a' } }))
      await using client = clientOf(service, transport)
      await client.getQuotas()
      await client.getToken('authorization_code', 'id', 'secret', { code: 'c' })
      await client.getToken('authorization_code', 'id', 'secret', { code: 'd' })
      expect(service.requests.map(({ path }) => path)).toEqual([
        '/identity/v2.0/tokens',
        '/account/v1.0/quotas',
        '/identity/v2.0/tokens',
        '/oauth2/token',
        '/oauth2/token',
      ])
    })

    it('4: refusals, empty answers and garbage map to their classes', async () => {
      await using service = await serve()
      await using client = clientOf(service, transport)
      for (const [reply, Class] of [
        [{ status: 401 }, Unauthorized],
        [{ status: 403 }, Forbidden],
        [{ status: 400 }, BadRequest],
        [{ status: 404 }, NotFound],
        [{ status: 409 }, Conflict],
        [{ status: 413 }, AstakosClientException],
        [{ status: 302, headers: { Location: '/' } }, AstakosClientException],
        [{ status: 200 }, InvalidResponse],
        [{ status: 200, body: 'garbage' }, InvalidResponse],
      ] as const) {
        service.script = always(reply)
        // oxlint-disable-next-line no-await-in-loop -- one service
        const error = await failure(client.getProject('p'))
        expect((error as Error).constructor).toBe(Class)
        if (Class !== InvalidResponse) expect(error).toMatchObject({ status: reply.status })
      }
      service.script = always({ status: 413 })
      expect(await failure(client.issueOneCommission('u', 'p', {}))).toBeInstanceOf(QuotaLimit)
      service.script = always({ status: 200 })
      expect(await client.acceptCommission(1)).toBeUndefined()
    })

    it('5: unlimited survives the way in and the way out', async () => {
      const text = '{"p":{"vm":{"limit":9223372036854775807,"usage":-9223372036854775808,"pending":0}}}'
      await using service = await serve(always({ body: text }))
      await using client = clientOf(service, transport)
      const { p } = await client.getQuotas()
      expect(p?.['vm']).toEqual({ limit: UNLIMITED, usage: -(2n ** 63n), pending: 0n })

      service.script = always({ status: 201, body: '{"serial":1}' })
      const quantity = p?.['vm']?.limit ?? 0n
      const calls = [
        () => client.issueOneCommission('u', 'p', { vm: quantity }),
        () => client.issueCommissionGeneric([{ user: 'u', project: 'p', resource: 'vm', quantity }], []),
        () => client.issueResourceReassignment('u', [{ from: 'a', to: 'p', resource: 'vm', quantity }]),
      ]
      for (const call of calls) {
        // oxlint-disable-next-line no-await-in-loop -- one service
        await call()
        expect(service.last.body).toContain('"quantity":9223372036854775807}')
      }
    })

    it('6: lists in service quota queries are joined by commas, which are encoded', async () => {
      await using service = await serve(always({ body: {} }))
      await using client = clientOf(service, transport)
      await client.serviceGetQuotas({ user: ['u1', 'u2'], projectId: ['p1', 'p2'] })
      expect(service.last.query).toBe('user=u1%2Cu2&project=p1%2Cp2')
      await client.serviceGetProjectQuotas({ projectId: ['p1', 'p2'] })
      expect(service.last.query).toBe('project=p1%2Cp2')
    })

    it.each([
      ['a read', 'refused', 1, 404],
      ['a read', 'failed', 3, 500],
      ['a read', 'hung up on', 3, 0],
      ['an accept', 'refused', 1, 404],
      ['an accept', 'failed', 3, 503],
      ['an accept', 'hung up on', 3, 0],
      ['an issue', 'refused', 1, 413],
      ['an issue', 'failed', 1, 500],
      ['an issue', 'hung up on', 1, 0],
      ['a join', 'refused', 1, 409],
      ['a join', 'failed', 1, 502],
      ['a join', 'hung up on', 1, 0],
    ])('7: with two retries, %s that is %s is sent %i times', async (what, _, times, status) => {
      await using service = await serve((request, response) => {
        // So that each attempt has a connection of its own: a kept one might have been closed while idle, which is no failure.
        if (isDiscovery(request)) return { headers: { Connection: 'close' }, body: CATALOG }
        if (status > 0) return { status }
        response.socket?.destroy()
        return undefined
      })
      await using client = clientOf(service, transport, { retry: 2 })
      const calls: Readonly<Record<string, () => Promise<unknown>>> = {
        'a read': () => client.getQuotas(),
        'an accept': () => client.acceptCommission(1),
        'an issue': () => client.issueOneCommission('u', 'p', { vm: 1 }),
        'a join': () => client.joinProject('p'),
      }
      const error = await failure(calls[what]?.() ?? Promise.resolve())
      expect(error).toMatchObject({ attempts: times })
      expect(service.calls).toHaveLength(times)
      expect(service.discoveries).toHaveLength(1)
    })

    it('8: an entry is two provisions, member and project; of a reassignment it is four', async () => {
      await using service = await serve(always({ status: 201, body: '{"serial":1}' }))
      await using client = clientOf(service, transport)
      const sent = (): [unknown, unknown, unknown, unknown][] =>
        (
          JSON.parse(service.last.body) as {
            provisions: { holder: string; source: string | null; resource: string; quantity: number }[]
          }
        ).provisions.map(({ holder, source, resource, quantity }) => [holder, source, resource, quantity])

      await client.issueOneCommission('u', 'p', { vm: 1, disk: -2 })
      expect(sent()).toEqual([
        ['user:u', 'project:p', 'vm', 1],
        ['project:p', null, 'vm', 1],
        ['user:u', 'project:p', 'disk', -2],
        ['project:p', null, 'disk', -2],
      ])
      await client.issueResourceReassignment('u', [{ from: 'a', to: 'b', resource: 'vm', quantity: 3 }])
      expect(sent()).toEqual([
        ['user:u', 'project:a', 'vm', -3],
        ['project:a', null, 'vm', -3],
        ['user:u', 'project:b', 'vm', 3],
        ['project:b', null, 'vm', 3],
      ])
    })

    it.each([
      ['cyclades.ram', 'RAM'],
      ['my.resource', 'my.resource'],
    ])('9: the details of QuotaLimit for %s', async (resource, shown) => {
      const provision = { holder: 'user:u', source: 'project:p', resource, quantity: 6 }
      const data = { name: 'NoCapacityError', limit: 5, usage: 2, provision }
      await using service = await serve(
        always({ status: 413, body: { overLimit: { code: 413, message: 'not enough', data } } }),
      )
      await using client = clientOf(service, transport)
      expect(await failure(client.issueOneCommission('u', 'p', { [resource]: 6 }))).toMatchObject({
        name: 'QuotaLimit',
        message: 'Resource Limit Exceeded for your account.',
        details: `Limit for resource '${shown}' exceeded for your account. Available: 3, Requested: 6`,
      })
    })

    it('10: a uuid that the catalog lacks is NoUserName, a name NoUUID', async () => {
      await using service = await serve(always({ body: { uuid_catalog: { other: 'n' }, displayname_catalog: {} } }))
      await using client = clientOf(service, transport)
      expect(await failure(client.getUsername('u'))).toBeInstanceOf(NoUserName)
      expect(await failure(client.getUuid('n'))).toBeInstanceOf(NoUUID)
    })
  })
}
