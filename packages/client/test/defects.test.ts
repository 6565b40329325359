import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  AstakosClient,
  AstakosClientException,
  BadValue,
  ConnectionError,
  getTokenFromCookie,
  InvalidResponse,
  NoEndpoints,
  NoHolding,
  NoUUID,
  parseEndpoints,
  QuotaLimit,
  Timeout,
} from '../src/index.ts'
import { makeCertificates } from './support/certificates.ts'
import { CATALOG } from './support/raw-server.ts'
import { always, isDiscovery, serve } from './support/service.ts'
import { clientOf, failure, nodeTransports, TOKEN } from './support/transports.ts'

/** What the reference client does wrong, and ours does not. Client specification, 9. */

for (const transport of nodeTransports) {
  describe(`over ${transport.name}`, () => {
    it('C-1: feedback is sent as a form, which is all that the service reads', async () => {
      await using service = await serve((request) => {
        if (isDiscovery(request)) return undefined
        const isForm = request.headers['content-type'] === 'application/x-www-form-urlencoded'
        const message = new URLSearchParams(isForm ? request.body : '').get('feedback_msg')
        return message === 'Well done' ? {} : { status: 400, body: 'Invalid data' }
      })
      await using client = clientOf(service, transport)
      await client.sendFeedback('Well done', 'from a test')
      expect(new URLSearchParams(service.last.body).get('feedback_data')).toBe('from a test')
    })

    it('C-2: endpoints on another host are used there when it is trusted, and by their path alone when not', async () => {
      await using other = await serve(() => ({ body: { id: 'other' } }))
      const catalog = JSON.parse(
        JSON.stringify(CATALOG).replaceAll('http://ignored.example.com', other.origin),
      ) as object
      await using service = await serve(always({ body: { id: 'own' } }), { catalog })
      await using careful = clientOf(service, transport)
      await using trusting = clientOf(service, transport, { trustedOrigins: [other.origin] })
      expect(await careful.getProject('p')).toEqual({ id: 'own' })
      expect(other.connections).toBe(0)
      expect(await trusting.getProject('p')).toEqual({ id: 'other' })
    })

    it('C-3: nothing is sent again that was refused, or that might be done twice', async () => {
      await using service = await serve()
      await using client = clientOf(service, transport, { retry: 3 })
      await client.features()
      const sent = async (status: number, call: () => Promise<unknown>): Promise<number> => {
        const before = service.requests.length
        service.script = (_, response) => {
          if (status > 0) return { status }
          response.socket?.destroy()
          return undefined
        }
        await failure(call())
        return service.requests.length - before
      }
      for (const status of [400, 401, 403, 404, 405, 409, 413, 422, 429, 302]) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other, to count them
        expect(await sent(status, () => client.getQuotas())).toBe(1)
      }
      for (const status of [500, 503, 0]) {
        for (const call of [
          () => client.issueOneCommission('u', 'p', { vm: 1 }),
          () => client.createProject({ name: 'n', end_date: 'd' }),
          () => client.modifyProject('p', {}),
          () => client.projectAction('p', 'suspend'),
          () => client.joinProject('p'),
          () => client.enrollMember('p', 'e'),
          () => client.membershipAction(1, 'leave'),
          () => client.sendFeedback('m', ''),
        ]) {
          // oxlint-disable-next-line no-await-in-loop
          expect(await sent(status, call)).toBe(1)
        }
      }
      expect(await sent(503, () => client.getQuotas())).toBe(4)
      expect(await sent(503, () => client.rejectCommission(1))).toBe(4)
    })

    it('C-4: neither the token nor credentials stand in the log of the last request', async () => {
      await using service = await serve(always({ body: { access_token: 'their-access-token' } }))
      await using client = clientOf(service, transport)
      await client.getToken('authorization_code', 'my-client', 'my-secret', { code: 'my-code' })
      const { logRequest, logResponse } = client
      expect(logRequest).toMatchObject({
        method: 'POST',
        path: '/oauth2/token',
        headers: { 'x-auth-token': '(not shown)', authorization: '(not shown)' },
        body: '(not logged)',
      })
      const shown = inspect([client, logRequest, logResponse], { depth: 9 }) + JSON.stringify([logRequest, logResponse])
      for (const secret of [TOKEN, 'my-secret', btoa('my-client:my-secret'), 'my-code', 'their-access-token']) {
        expect(shown).not.toContain(secret)
      }
    })

    it('C-5: the reason of an application’s action arrives', async () => {
      await using service = await serve(always({}))
      await using client = clientOf(service, transport)
      await client.applicationAction('p', 5, 'deny', { reason: 'too large' })
      expect(JSON.parse(service.last.body)).toEqual({ deny: { reason: 'too large', app_id: 5 } })
    })

    it('C-8: a search in the catalog takes nothing away from the answer', async () => {
      const endpoint = { publicURL: 'http://x/a', versionId: 'v1.0', region: 'default' }
      const catalog = {
        access: {
          serviceCatalog: [{ name: 'astakos_account', endpoints: [{ ...endpoint, versionId: 'v2.0' }, endpoint] }],
        },
      }
      await using service = await serve(always({ body: catalog }), { catalog })
      await using client = clientOf(service, transport)
      expect(await client.authenticate()).toEqual(catalog)
      const endpoints = await client.getEndpoints()
      expect(parseEndpoints(endpoints, { name: 'astakos_account', versionId: 'v2.0' })[0]?.endpoints).toHaveLength(1)
      expect(endpoints).toEqual(catalog)
    })

    it('C-9: ids and tokens in a path are encoded, so that none leads elsewhere', async () => {
      await using service = await serve(always({ body: {} }))
      await using client = clientOf(service, transport)
      await client.getProject('../quotas?user=a#b')
      expect(service.last).toMatchObject({ path: '/account/v1.0/projects/..%2Fquotas%3Fuser%3Da%23b', query: null })
      await client.validateToken('a/../b%2Fc')
      expect(service.last.path).toBe('/identity/v2.0/tokens/a%2F..%2Fb%252Fc')
      expect(await failure(client.getProject('..'))).toMatchObject({ name: 'BadValue', argument: 'projectId' })
    })

    it('C-10: queries, forms, tokens, bodies and answers are UTF-8', async () => {
      await using service = await serve(always({ body: [] }))
      await using client = clientOf(service, transport)
      await client.getProjects({ name: 'έργο' })
      expect(service.last.query).toBe('name=%CE%AD%CF%81%CE%B3%CE%BF')
      service.script = always({})
      await client.sendFeedback('γειά', '€')
      expect(service.last.body).toBe('feedback_msg=%CE%B3%CE%B5%CE%B9%CE%AC&feedback_data=%E2%82%AC')
      service.script = always({ body: { uuid_catalog: { ü: 'Ωμέγα 😀' } } })
      expect(await client.withToken('κλειδί').getUsernames(['ü'])).toEqual({ ü: 'Ωμέγα 😀' })
      expect(Buffer.from(service.last.headers['x-auth-token'] ?? '', 'latin1').toString()).toBe('κλειδί')
      expect(service.last.body).toBe('{"uuids":["ü"]}')
      service.script = always({ status: 409, body: 'Σφάλμα' })
      expect(await failure(client.joinProject('p'))).toMatchObject({ response: 'Σφάλμα' })
    })

    it('C-11: the body of a refusal is in response whatever the status, and still in details for four of them', async () => {
      await using service = await serve()
      await using client = clientOf(service, transport)
      for (const status of [400, 401, 403, 404, 405, 409, 413, 500]) {
        service.script = always({ status, body: `body of ${status}` })
        // oxlint-disable-next-line no-await-in-loop -- one service
        expect(await failure(client.getProject('p'))).toMatchObject({
          response: `body of ${status}`,
          details: status <= 404 ? `body of ${status}` : '',
        })
      }
    })

    it('C-12: an issue whose answer has no serial is the base error, with that answer', async () => {
      await using service = await serve(always({ status: 201, body: '{"serials":1}' }))
      await using client = clientOf(service, transport)
      const error = await failure(client.issueOneCommission('u', 'p', { vm: 1 }))
      expect((error as Error).constructor).toBe(AstakosClientException)
      expect(error).toMatchObject({ status: 500, response: '{"serials":1}', outcome: 'unknown' })
    })

    it('C-13: limit and usage count only with the name of a fault that has them', async () => {
      const data = {
        limit: 5,
        usage: 3,
        provision: { holder: 'user:u', source: 'project:p', resource: 'vm', quantity: 6 },
      }
      const body = (fault: string, name: string): string =>
        JSON.stringify({ [fault]: { code: 1, message: 'no', data: { ...data, name } } })
      await using service = await serve()
      await using client = clientOf(service, transport)
      const issue = (): Promise<unknown> => failure(client.issueOneCommission('u', 'p', { vm: 6 }))

      service.script = always({ status: 404, body: body('itemNotFound', 'NoHoldingError') })
      const noHolding = await issue()
      expect(noHolding).toBeInstanceOf(NoHolding)
      expect(noHolding).not.toHaveProperty('limit')
      expect(noHolding).toMatchObject({ provision: { ...data.provision, quantity: 6n } })

      service.script = always({ status: 413, body: body('overLimit', 'NoHoldingError') })
      const stale = await issue()
      expect(stale).toBeInstanceOf(QuotaLimit)
      expect(stale).toMatchObject({ kind: null, limit: null, usage: null, available: null, details: '' })

      service.script = always({ status: 413, body: body('overLimit', 'NoCapacityError') })
      expect(await issue()).toMatchObject({ kind: 'capacity', limit: 5n, usage: 3n, available: 2n })
    })

    it('C-14: a call ends when its time is over', async () => {
      await using service = await serve((request) => (isDiscovery(request) ? undefined : new Promise(() => undefined)))
      await using client = clientOf(service, transport, { timeoutMs: 50 })
      expect(await failure(client.getQuotas())).toMatchObject({ name: 'Timeout', timeoutMs: 50 })
      expect(await failure(client.getQuotas({ timeoutMs: 20 }))).toMatchObject({ name: 'Timeout', timeoutMs: 20 })
    })

    it('C-14: an authority of one’s own and a client’s certificate can be set', async () => {
      const { ca, server: own, client: ours } = makeCertificates()
      const server = createServer({ ...own, ca, requestCert: true, rejectUnauthorized: true }, (request, response) =>
        response.end(JSON.stringify(request.url?.endsWith('tokens') ? CATALOG : { id: 'p' })),
      )
      server.on('tlsClientError', () => undefined)
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const authUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}/identity/v2.0`
      try {
        await using known = clientOf({ authUrl }, transport, { tls: { ca, ...ours } })
        expect(await known.getProject('p')).toEqual({ id: 'p' })
        await using anonymous = clientOf({ authUrl }, transport, { tls: { ca } })
        expect(await failure(anonymous.getProject('p'))).toBeInstanceOf(ConnectionError)
        await using wary = clientOf({ authUrl }, transport, { tls: ours })
        expect(await failure(wary.getProject('p'))).toBeInstanceOf(ConnectionError)
      } finally {
        const closed = once(server, 'close')
        server.close()
        server.closeAllConnections()
        await closed
      }
    })

    it('C-15: errors without an answer keep the status 500, and their class tells what they are', async () => {
      await using service = await serve(always({ body: '<html>' }))
      await using client = clientOf(service, transport)
      const bad = await failure(client.getUsername(''))
      const invalid = await failure(client.getUsername('u'))
      service.script = always({ body: { displayname_catalog: {} } })
      const missing = await failure(client.getUuid('n'))
      service.script = always({ status: 500 })
      const failed = await failure(client.getUuid('n'))
      const classes = [BadValue, InvalidResponse, NoUUID, AstakosClientException]
      expect([bad, invalid, missing, failed].map((error) => (error as Error).constructor)).toEqual(classes)
      for (const error of [bad, invalid, missing, failed, new Timeout('call', 1), new NoEndpoints('')]) {
        expect(error).toMatchObject({ status: 500 })
      }
    })

    it('C-16: headers are copied: what the caller does to them later is no matter', async () => {
      await using service = await serve(always({ body: { id: 'p' } }))
      const [headers, own] = [{ 'X-Client-IP': '1.1.1.1' }, { 'X-Own': 'a' }]
      await using client = clientOf(service, transport, { headers })
      const call = client.getProject('p', { headers: own })
      headers['X-Client-IP'] = '2.2.2.2'
      own['X-Own'] = 'b'
      await call
      expect(service.last.headers).toMatchObject({ 'x-client-ip': '1.1.1.1', 'x-own': 'a' })
      await client.getProject('p')
      expect(service.last.headers).toMatchObject({ 'x-client-ip': '1.1.1.1' })
      expect(service.last.headers).not.toHaveProperty('x-own')
      expect([headers, own]).toEqual([{ 'X-Client-IP': '2.2.2.2' }, { 'X-Own': 'b' }])
    })
  })
}

it('C-6: the token of a cookie is found, whatever bars it holds', () => {
  expect(getTokenFromCookie({ cookies: { astakos: 'uuid%7Ctok|en' } }, 'astakos')).toBe('en')
  expect(getTokenFromCookie('a=b; astakos=uuid%7Cto%7Cken', 'astakos')).toBe('to|ken')
  expect(getTokenFromCookie({ cookies: { astakos: 'uuid|to|ken' } }, 'astakos')).toBe('to|ken')
  expect(getTokenFromCookie({ cookies: {} }, 'astakos')).toBeNull()
})

it('C-7: the message of NoEndpoints names all criteria', () => {
  const none = { access: { serviceCatalog: [] } }
  const message = (filter: object): unknown => {
    try {
      return parseEndpoints(none, filter)
    } catch (error) {
      return (error as NoEndpoints).message
    }
  }
  expect(message({})).toBe('No endpoints found matching.')
  expect(message({ type: 't' })).toBe('No endpoints found matching, type = t')
  expect(message({ name: 'n', type: 't', region: 'r', versionId: 'v' })).toBe(
    'No endpoints found matching, name = n, type = t, region = r, version_id = v',
  )
})

it('C-16: the options themselves are read once', () => {
  const options = { retry: 1, trustedOrigins: ['https://a.example.com'] }
  const client = new AstakosClient('t', 'https://b.example.com', options)
  options.retry = 9
  expect(client.retry).toBe(1)
})
