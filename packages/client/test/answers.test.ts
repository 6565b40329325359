import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type AstakosClient,
  AstakosClientException,
  BadRequest,
  Conflict,
  ConnectionError,
  Forbidden,
  InvalidResponse,
  KeyReused,
  NoHolding,
  NotFound,
  NoUserName,
  NoUUID,
  QuotaLimit,
  Timeout,
  Unauthorized,
} from '../src/index.ts'
import { entriesOf, METHODS } from './support/methods.ts'
import { always, isDiscovery, serve, type Reply, type Service } from './support/service.ts'
import { clientOf, failure, transports } from './support/transports.ts'

/** What becomes of each kind of answer. Client specification, 4, 4.1 and 7.4. */

const FAULT = { code: 404, message: 'There is no such thing', details: '' }
const HTML = '<html><body><h1>502 Bad Gateway</h1>é</body></html>'

interface Row {
  readonly status: number
  readonly is: typeof AstakosClientException
  readonly name: string
  readonly message: string
  /** Of a call that may be repeated at will, and of one that may not. */
  readonly safe: { readonly outcome: 'none' | 'unknown'; readonly retryable: boolean }
  readonly once: { readonly outcome: 'none' | 'unknown'; readonly retryable: boolean }
  /** The body is in `details` too. */
  readonly details: boolean
}

const REFUSED = { outcome: 'none', retryable: false } as const
const HOPEFUL = { outcome: 'none', retryable: true } as const
const DOUBTFUL = { outcome: 'unknown', retryable: false } as const

function row(
  status: number,
  message: string,
  is: typeof AstakosClientException = AstakosClientException,
  name = 'AstakosClientException',
): Row {
  const failed = status >= 500
  const details = [400, 401, 403, 404].includes(status)
  return { status, is, name, message, details, safe: failed ? HOPEFUL : REFUSED, once: failed ? DOUBTFUL : REFUSED }
}

const table: readonly Row[] = [
  row(300, 'Multiple Choices'),
  row(301, 'Moved Permanently'),
  row(302, 'Found'),
  row(303, 'See Other'),
  row(307, 'Temporary Redirect'),
  row(308, 'Permanent Redirect'),
  row(400, 'Bad Request', BadRequest, 'BadRequest'),
  row(401, 'Unauthorized', Unauthorized, 'Unauthorized'),
  row(403, 'Forbidden', Forbidden, 'Forbidden'),
  row(404, 'Not Found', NotFound, 'NotFound'),
  row(405, 'Method Not Allowed'),
  row(409, 'Conflict', Conflict, 'Conflict'),
  row(413, 'Request Entity Too Large'),
  row(418, 'I am a Teapot'),
  row(422, 'Unprocessable Entity'),
  row(429, 'Too Many Requests'),
  row(500, 'Internal Server Error'),
  row(502, 'Bad Gateway'),
  row(503, 'Service Unavailable'),
  row(599, 'Odd'),
]

/** What a test serves: 418 and 599 have no phrase of their own in the client, which takes the answer's then. */
const PHRASES: Readonly<Record<number, string>> = { 418: 'I am a Teapot', 599: 'Odd' }

/** Methods that promise nothing, and methods that promise a document. */
const nothing: [string, (client: AstakosClient) => Promise<unknown>][] = [
  ['sendFeedback', (it) => it.sendFeedback('m', 'd')],
  ['setDefaultProject', (it) => it.setDefaultProject('p')],
  ['commissionAction', (it) => it.commissionAction(1, 'accept')],
  ['acceptCommission', (it) => it.acceptCommission(1)],
  ['rejectCommission', (it) => it.rejectCommission(1)],
  ['projectAction', (it) => it.projectAction('p', 'suspend')],
  ['applicationAction', (it) => it.applicationAction('p', 1, 'deny')],
  ['membershipAction', (it) => it.membershipAction(1, 'leave')],
]
const documents: [string, (client: AstakosClient) => Promise<unknown>][] = [
  ['getEndpoints', (it) => it.getEndpoints()],
  ['getToken', (it) => it.getToken('g', 'i', 's', {})],
  ['authenticate', (it) => it.authenticate()],
  ['validateToken', (it) => it.validateToken('t')],
  ['getResources', (it) => it.getResources()],
  ['getServices', (it) => it.getServices()],
  ['getQuotas', (it) => it.getQuotas()],
  ['serviceGetQuotas', (it) => it.serviceGetQuotas()],
  ['serviceGetProjectQuotas', (it) => it.serviceGetProjectQuotas()],
  ['serviceQuotasEntries', (it) => entriesOf(it.serviceQuotasEntries())],
  ['serviceProjectQuotasEntries', (it) => entriesOf(it.serviceProjectQuotasEntries())],
  ['getPendingCommissions', (it) => it.getPendingCommissions()],
  ['getCommissionInfo', (it) => it.getCommissionInfo(1)],
  ['resolveCommissions', (it) => it.resolveCommissions([1], [])],
  ['getProjects', (it) => it.getProjects()],
  ['getProject', (it) => it.getProject('p')],
  ['createProject', (it) => it.createProject({ name: 'n', end_date: 'd' })],
  ['modifyProject', (it) => it.modifyProject('p', {})],
  ['getMemberships', (it) => it.getMemberships()],
  ['getMembership', (it) => it.getMembership(1)],
  ['joinProject', (it) => it.joinProject('p')],
  ['enrollMember', (it) => it.enrollMember('p', 'e')],
  ['getUsernames', (it) => it.getUsernames(['u'])],
  ['getUsername', (it) => it.getUsername('u')],
  ['serviceGetUsernames', (it) => it.serviceGetUsernames(['u'])],
  ['serviceGetUsername', (it) => it.serviceGetUsername('u')],
  ['getUuids', (it) => it.getUuids(['n'])],
  ['getUuid', (it) => it.getUuid('n')],
  ['serviceGetUuids', (it) => it.serviceGetUuids(['n'])],
  ['serviceGetUuid', (it) => it.serviceGetUuid('n')],
  ['issueCommissionGeneric', (it) => it.issueCommissionGeneric([], [])],
  ['issueResourceReassignment', (it) => it.issueResourceReassignment('u', [])],
  ['issueOneCommission', (it) => it.issueOneCommission('u', 'p', {})],
]

for (const transport of transports) {
  describe(`answers over ${transport.name}`, () => {
    let service: Service
    let client: AstakosClient
    beforeAll(async () => {
      service = await serve()
      client = clientOf(service, transport)
      await client.features()
    })
    afterAll(async () => {
      await client.close()
      await service.close()
    })

    /** The error of a call that is answered like this. */
    const refused = async (reply: Reply, call: (client: AstakosClient) => Promise<unknown>): Promise<unknown> => {
      service.script = always(reply)
      return failure(call(client))
    }

    describe('that are refusals', () => {
      it.each(table)('$status is $name, with all that is known', async ({ status, is, name, message, ...row }) => {
        const body = JSON.stringify({ someFault: { ...FAULT, code: status } })
        const reply: Reply = {
          status,
          reason: PHRASES[status] ?? 'OK', // the original's phrases are wrong
          headers: { 'X-Request-Id': `request ${status}` },
          body,
        }
        const error = await refused(reply, (it) => it.getProject('a/b'))
        expect(error).toBeInstanceOf(is)
        expect(error).toBeInstanceOf(AstakosClientException)
        expect(error).toBeInstanceOf(Error)
        expect((error as Error).constructor).toBe(is)
        const facts = {
          name,
          message,
          status,
          details: row.details ? body : '',
          response: body,
          fault: { name: 'someFault', code: status, message: 'There is no such thing', details: '', data: null },
          requestId: `request ${status}`,
          attempts: 1,
          idempotencyKey: null,
          errobject: null,
        }
        expect(error).toMatchObject({ ...facts, method: 'GET', path: '/projects/{projectId}', ...row.safe })
        expect(Object.hasOwn(error as object, 'cause')).toBe(false)

        expect(await refused(reply, (it) => it.joinProject('p'))).toMatchObject({
          ...facts,
          method: 'POST',
          path: '/projects/memberships',
          ...row.once,
        })
      })

      it.each([400, 401, 403, 404, 405, 409, 413, 500, 503])('%i with an empty body', async (status) => {
        expect(await refused({ status }, (it) => it.acceptCommission(5))).toMatchObject({
          status,
          details: '',
          response: null,
          fault: null,
          requestId: null,
          method: 'POST',
          path: '/commissions/{serial}/action',
        })
      })

      it.each([
        ['HTML', HTML],
        ['XML', '<itemNotFound code="404"><message>no</message><details></details></itemNotFound>'],
        ['JSON that is no fault', '{"detail":"no","more":1}'],
        ['a list', '[]'],
        ['a fault without a code', '{"itemNotFound":{"message":"no"}}'],
        ['text', 'no'],
      ])('%s as the body has no fault, and stands in response', async (_, body) => {
        for (const status of [404, 502]) {
          // oxlint-disable-next-line no-await-in-loop -- one service
          expect(await refused({ status, body }, (it) => it.getQuotas())).toMatchObject({
            status,
            response: body,
            details: status === 404 ? body : '',
            fault: null,
          })
        }
      })

      it('have the data and the details of their fault', async () => {
        const body = '{"conflict":{"code":409,"message":"m","details":"d","data":{"limit":9223372036854775807}}}'
        expect(await refused({ status: 409, body }, (it) => it.joinProject('p'))).toMatchObject({
          fault: { name: 'conflict', code: 409, message: 'm', details: 'd', data: { limit: 9223372036854775807n } },
        })
      })

      it('have the request id of OpenStack too', async () => {
        const headers = { 'X-Openstack-Request-Id': 'req-5' }
        expect(await refused({ status: 404, headers }, (it) => it.getQuotas())).toMatchObject({ requestId: 'req-5' })
      })

      it('have no response where the answer would hold a token', async () => {
        const body = JSON.stringify({ unauthorized: { ...FAULT, code: 401 } })
        expect(await refused({ status: 401, body }, (it) => it.authenticate())).toMatchObject({
          name: 'Unauthorized',
          path: '/tokens',
          details: body,
          response: null,
          fault: { name: 'unauthorized' },
        })
        expect(await refused({ status: 404, body }, (it) => it.validateToken('some-token'))).toMatchObject({
          name: 'NotFound',
          path: '/tokens/{tokenId}',
          response: null,
        })
      })

      it('count the attempts', async () => {
        const error = await refused({ status: 503 }, (it) => it.getQuotas({ retry: 2 }))
        expect(error).toMatchObject({ status: 503, attempts: 3, outcome: 'none', retryable: true })
      })

      it('reject a stream before its first entry', async () => {
        const error = await refused({ status: 404, body: HTML }, (it) => entriesOf(it.serviceQuotasEntries()))
        expect(error).toMatchObject({ name: 'NotFound', path: '/service_quotas', response: HTML, attempts: 1 })
      })
    })

    it.each([301, 302, 303, 307, 308])('does not follow %i to another origin, nor to its own', async (status) => {
      await using other = await serve(() => ({ body: {} }))
      for (const to of [`${other.origin}/`, `${service.origin}/elsewhere`, '/elsewhere']) {
        const before = service.requests.length
        // oxlint-disable-next-line no-await-in-loop -- one service
        const error = await refused({ status, headers: { Location: to } }, (it) => it.getQuotas())
        expect(error).toMatchObject({ name: 'AstakosClientException', status })
        expect(service.requests).toHaveLength(before + 1)
      }
      // Nor with a body, which a redirect would take along.
      await refused({ status, headers: { Location: other.origin } }, (it) => it.sendFeedback('m', 'd'))
      await refused({ status, headers: { Location: other.origin } }, (it) => it.authenticate())
      expect(other.connections).toBe(0)
    })

    it('304 is an error like any other', async () => {
      const headers = { ETag: '"x"' }
      expect(await refused({ status: 304, headers }, (it) => it.getQuotas())).toMatchObject({
        name: 'AstakosClientException',
        message: 'Not Modified',
        status: 304,
        response: null,
        outcome: 'none',
        retryable: false,
      })
    })

    describe('that are successes', () => {
      const reply = (status: number, body = ''): void => {
        service.script = () => ({ status, body })
      }

      it('have no result where none was promised, whatever they say', async () => {
        for (const [status, body] of [
          [200, ''],
          [201, ''],
          [202, ''],
          [204, ''],
          [299, '{"more":1}'],
          [200, 'null'],
        ] as const) {
          reply(status, body)
          // oxlint-disable-next-line no-await-in-loop -- one service
          expect(await client.setDefaultProject('p')).toBeUndefined()
        }
      })

      it('are InvalidResponse where a document was promised and nothing came, unlike in the reference', async () => {
        for (const status of [200, 201, 204]) {
          reply(status)
          // oxlint-disable-next-line no-await-in-loop -- one service
          expect(await failure(client.getQuotas())).toMatchObject({
            name: 'InvalidResponse',
            message: 'The answer is empty',
            status: 500,
            details: '',
            path: '/quotas',
          })
        }
      })

      it('are InvalidResponse with the parser’s words and the whole body, where they are no JSON', async () => {
        reply(200, HTML)
        const error = await failure(client.getProject('p'))
        expect(error).toBeInstanceOf(InvalidResponse)
        expect(error).toMatchObject({
          name: 'InvalidResponse',
          status: 500,
          message: expect.stringMatching(/JSON|token|position/i) as string,
          details: '',
          response: HTML,
          fault: null,
          method: 'GET',
          path: '/projects/{projectId}',
          attempts: 1,
          outcome: 'none',
          retryable: false,
        })
        expect(await failure(client.joinProject('p'))).toMatchObject({
          name: 'InvalidResponse',
          response: HTML,
          outcome: 'unknown',
          retryable: false,
        })
      })

      it('are InvalidResponse where they are no UTF-8', async () => {
        service.script = () => ({ body: Buffer.from('{"id":"\xff"}', 'latin1') })
        expect(await failure(client.getProject('p'))).toMatchObject({
          name: 'InvalidResponse',
          message: 'The answer is not UTF-8',
        })
      })

      it('have their large integers whole, and members that nobody knows', async () => {
        reply(200, '{"id":"p","max_members":9223372036854775807,"new":{"n":9007199254740993,"s":1,"f":1.5}}')
        expect(await client.getProject('p')).toEqual({
          id: 'p',
          max_members: 9223372036854775807n,
          new: { n: 9007199254740993n, s: 1, f: 1.5 },
        })
      })
    })

    describe('of catalogs', () => {
      it.each([
        ['getUsernames', (it: AstakosClient) => it.getUsernames(['u']), 'uuid_catalog'],
        ['getUsername', (it: AstakosClient) => it.getUsername('u'), 'uuid_catalog'],
        ['serviceGetUsernames', (it: AstakosClient) => it.serviceGetUsernames(null), 'uuid_catalog'],
        ['serviceGetUsername', (it: AstakosClient) => it.serviceGetUsername('u'), 'uuid_catalog'],
        ['getUuids', (it: AstakosClient) => it.getUuids(['n']), 'displayname_catalog'],
        ['getUuid', (it: AstakosClient) => it.getUuid('n'), 'displayname_catalog'],
        ['serviceGetUuids', (it: AstakosClient) => it.serviceGetUuids(['n']), 'displayname_catalog'],
        ['serviceGetUuid', (it: AstakosClient) => it.serviceGetUuid('n'), 'displayname_catalog'],
      ] as const)('%s without its key is the base error, with the answer', async (_, call, key) => {
        for (const body of ['{}', '{"other_catalog":{}}', `{"${key}":null}`]) {
          // oxlint-disable-next-line no-await-in-loop -- one service
          const error = await refused({ body }, call)
          expect((error as Error).constructor).toBe(AstakosClientException)
          expect(error).toMatchObject({ status: 500, message: `The answer has no ${key}`, response: body })
        }
      })

      it('without the one who was asked for are NoUserName and NoUUID', async () => {
        for (const [body, call] of [
          ['{"uuid_catalog":{"other":"n"}}', (it: AstakosClient) => it.getUsername('u-1')],
          ['{"uuid_catalog":{}}', (it: AstakosClient) => it.serviceGetUsername('u-1')],
        ] as const) {
          // oxlint-disable-next-line no-await-in-loop -- one service
          const error = await refused({ body }, call)
          expect(error).toBeInstanceOf(NoUserName)
          expect(error).toMatchObject({
            name: 'NoUserName',
            message: 'No display name for the given uuid: u-1',
            uuid: 'u-1',
            status: 500,
          })
        }
        for (const [body, call] of [
          ['{"displayname_catalog":{"other":"u"}}', (it: AstakosClient) => it.getUuid('toString')],
          ['{"displayname_catalog":{}}', (it: AstakosClient) => it.serviceGetUuid('toString')],
        ] as const) {
          // oxlint-disable-next-line no-await-in-loop -- one service
          const error = await refused({ body }, call)
          expect(error).toBeInstanceOf(NoUUID)
          expect(error).toMatchObject({
            name: 'NoUUID',
            message: 'No uuid for the given display name: toString',
            displayName: 'toString',
            status: 500,
          })
        }
      })

      it('find users with the names of members of Object.prototype', async () => {
        service.script = always({
          body: '{"uuid_catalog":{"__proto__":"p"},"displayname_catalog":{"constructor":"c"}}',
        })
        expect(await client.getUsername('__proto__')).toBe('p')
        expect(await client.getUuid('constructor')).toBe('c')
      })
    })

    describe('to issues', () => {
      const issue = (it: AstakosClient): Promise<number> => it.issueOneCommission('u', 'p', { vm: 1 })
      const provision = { holder: 'user:u', source: 'project:p', resource: 'cyclades.vm', quantity: 6 }
      const over = (data: object | null, message = 'no'): string =>
        JSON.stringify({ overLimit: { message, code: 413, ...(data === null ? {} : { data }) } })

      it.each([
        ['no serial', '{}'],
        ['null', '{"serial":null}'],
        ['a text', '{"serial":"57"}'],
        ['a fraction', '{"serial":5.5}'],
        ['more than a number holds', '{"serial":9007199254740993}'],
        ['a list', '[]'],
      ])('with %s are the base error, with the answer (C-12)', async (_, body) => {
        const error = await refused({ status: 201, body }, issue)
        expect((error as Error).constructor).toBe(AstakosClientException)
        expect(error).toMatchObject({
          status: 500,
          message: 'The answer has no serial',
          response: body,
          outcome: 'unknown',
          path: '/commissions',
        })
      })

      it('over the limit are QuotaLimit, with everything', async () => {
        const body = over({ name: 'NoCapacityError', limit: 5, usage: 7, provision })
        for (const call of [
          issue,
          (it: AstakosClient) => it.issueCommissionGeneric([], []),
          (it: AstakosClient) => it.issueResourceReassignment('u', []),
        ]) {
          // oxlint-disable-next-line no-await-in-loop -- one service
          const error = await refused({ status: 413, reason: 'OK', body }, call)
          expect(error).toBeInstanceOf(QuotaLimit)
          expect(error).toMatchObject({
            name: 'QuotaLimit',
            status: 413,
            message: 'Resource Limit Exceeded for your account.',
            details: "Limit for resource 'Virtual Machine' exceeded for your account. Available: -2, Requested: 6",
            response: body,
            fault: { name: 'overLimit', code: 413, message: 'no', details: null },
            kind: 'capacity',
            provision: { ...provision, quantity: 6n },
            holder: { kind: 'user', id: 'u' },
            limit: 5n,
            usage: 7n,
            available: -2n,
            requested: 6n,
            outcome: 'none',
            retryable: false,
            attempts: 1,
          })
        }
      })

      it('that give back more than is held are QuotaLimit of the other kind', async () => {
        const freed = { holder: 'project:p:q', source: null, resource: 'x', quantity: -9 }
        const body = over({ name: 'NoQuantityError', limit: 0, usage: 4, provision: freed })
        expect(await refused({ status: 413, body }, issue)).toMatchObject({
          kind: 'quantity',
          provision: { ...freed, quantity: -9n },
          holder: { kind: 'project', id: 'p:q' },
          available: -4n,
          requested: -9n,
          details: "Limit for resource 'x' exceeded for your account. Available: -4, Requested: -9",
        })
      })

      it.each([
        ['cyclades.disk', 'Disk'],
        ['cyclades.vm', 'Virtual Machine'],
        ['cyclades.cpu', 'CPU'],
        ['cyclades.ram', 'RAM'],
        ['cyclades.floating_ip', 'Floating IP address'],
        ['cyclades.network.private', 'Private Network'],
        ['pithos.diskspace', 'Storage space'],
        ['astakos.pending_app', 'Pending Applications'],
        ['of.another.service', 'of.another.service'],
        ['constructor', 'constructor'],
      ])('over the limit of %s say %s', async (resource, shown) => {
        const body = over({ name: 'NoCapacityError', limit: 1, usage: 1, provision: { ...provision, resource } })
        expect(await refused({ status: 413, body }, issue)).toMatchObject({
          details: `Limit for resource '${shown}' exceeded for your account. Available: 0, Requested: 6`,
        })
      })

      it('keep 64 bits in what they say', async () => {
        const body =
          '{"overLimit":{"code":413,"message":"no","data":{"name":"NoCapacityError","limit":9223372036854775806,"usage":-1,"provision":{"holder":"user:u","source":null,"resource":"r","quantity":9223372036854775807}}}}'
        expect(await refused({ status: 413, body }, issue)).toMatchObject({
          limit: 9223372036854775806n,
          usage: -1n,
          available: 9223372036854775807n,
          requested: 9223372036854775807n,
          details:
            "Limit for resource 'r' exceeded for your account. Available: 9223372036854775807, Requested: 9223372036854775807",
        })
      })

      it.each([
        ['nothing', ''],
        ['HTML', HTML],
        ['no data', over(null)],
        ['another name, with stale numbers', over({ name: 'Other', limit: 1, usage: 1 })],
        ['no provision', over({ name: 'Other' })],
        [
          'a provision without a quantity',
          over({ name: 'Other', provision: { holder: 'h', source: null, resource: 'r' } }),
        ],
        ['a list for a provision', over({ name: 'Other', limit: 1, usage: 1, provision: [] })],
      ])('with 413 and %s are QuotaLimit all the same', async (_, body) => {
        const error = await refused({ status: 413, reason: 'OK', body }, issue)
        expect(error).toBeInstanceOf(QuotaLimit)
        expect(error).toMatchObject({
          message: 'Request Entity Too Large',
          details: '',
          response: body === '' ? null : body,
          kind: null,
          provision: null,
          holder: null,
          limit: null,
          usage: null,
          available: null,
          requested: null,
        })
      })

      it('keep what can be read of a limit that cannot be told (C-13)', async () => {
        const body = over({ name: 'Other', limit: 1, usage: 2, provision })
        expect(await refused({ status: 413, body }, issue)).toMatchObject({
          message: 'Request Entity Too Large',
          details: '',
          kind: null,
          provision: { ...provision, quantity: 6n },
          holder: { kind: 'user', id: 'u' },
          limit: null,
          usage: null,
          available: null,
          requested: 6n,
        })
      })

      it('without a holding are NoHolding, with the provision', async () => {
        const holder = { ...provision, source: null }
        const body = JSON.stringify({
          itemNotFound: {
            message: 'There is no such holding',
            code: 404,
            data: { name: 'NoHoldingError', provision: holder },
          },
        })
        const error = await refused({ status: 404, reason: 'OK', body }, issue)
        expect(error).toBeInstanceOf(NoHolding)
        expect(error).toBeInstanceOf(NotFound)
        expect(error).toMatchObject({
          name: 'NoHolding',
          message: 'Not Found',
          status: 404,
          details: body,
          response: body,
          provision: { ...holder, quantity: 6n },
          outcome: 'none',
        })
      })

      it('without a holding and without a provision have none', async () => {
        const body = '{"itemNotFound":{"message":"","code":404,"data":{"name":"NoHoldingError"}}}'
        expect(await refused({ status: 404, body }, issue)).toMatchObject({ name: 'NoHolding', provision: null })
      })

      it('with another 404 are NotFound', async () => {
        for (const body of ['', HTML, JSON.stringify({ itemNotFound: FAULT })]) {
          // oxlint-disable-next-line no-await-in-loop -- one service
          const error = await refused({ status: 404, body }, issue)
          expect((error as Error).constructor).toBe(NotFound)
        }
      })

      it('with 422 are KeyReused, with the key', async () => {
        const body = '{"unprocessableEntity":{"code":422,"message":"Idempotency-Key was used","details":""}}'
        await using own = await serve(always({ status: 422, body }), { features: 'idempotent-commissions' })
        const able = clientOf(own, transport)
        const error = await failure(able.issueOneCommission('u', 'p', {}, { idempotencyKey: 'my-key' }))
        expect(error).toBeInstanceOf(KeyReused)
        expect(error).toMatchObject({
          name: 'KeyReused',
          status: 422,
          idempotencyKey: 'my-key',
          response: body,
          outcome: 'none',
          retryable: false,
        })
        await able.close()
      })

      it('with any other status are as they are elsewhere', async () => {
        expect(await refused({ status: 409 }, issue)).toBeInstanceOf(Conflict)
        expect(await refused({ status: 400 }, issue)).toBeInstanceOf(BadRequest)
        expect(await refused({ status: 503 }, issue)).toMatchObject({
          status: 503,
          outcome: 'unknown',
          retryable: false,
        })
      })
    })

    it('that never come are ConnectionError, with the cause', async () => {
      const own = await serve()
      const alone = clientOf(own, transport)
      await alone.features()
      await own.close()
      const error = await failure(alone.getQuotas())
      expect(error).toBeInstanceOf(ConnectionError)
      expect(error).not.toBeInstanceOf(Timeout)
      expect(error).toMatchObject({
        name: 'ConnectionError',
        status: 500,
        details: '',
        response: null,
        fault: null,
        method: 'GET',
        path: '/quotas',
        requestId: null,
        attempts: expect.any(Number) as number,
        outcome: 'none',
        retryable: true,
      })
      const { message, cause, errobject } = error as ConnectionError
      expect(message).toMatch(/ECONNREFUSED/)
      expect(cause).toBeInstanceOf(Error)
      expect(errobject).toBe(cause)
      await alone.close()
    })

    it('that break off after a request that changes something leave its outcome unknown', async () => {
      await using own = await serve((request, response) => {
        if (isDiscovery(request)) return undefined
        response.socket?.destroy()
        return undefined
      })
      const alone = clientOf(own, transport)
      expect(await failure(alone.joinProject('p'))).toMatchObject({
        name: 'ConnectionError',
        outcome: 'unknown',
        retryable: false,
      })
      await alone.close()
    })
  })
}

describe('each method', () => {
  let service: Service
  let client: AstakosClient
  beforeAll(async () => {
    service = await serve(always({ body: { access_token: 'a' } }))
    client = clientOf(service, { name: 'undici', options: { usePool: true, proxy: false } })
    await client.getToken('g', 'i', 's', {})
  })
  afterAll(async () => {
    await client.close()
    await service.close()
  })

  const errorFor = async (body: string, call: (client: AstakosClient) => Promise<unknown>): Promise<unknown> => {
    service.script = () => ({ body })
    return failure(call(client))
  }

  it('is in one of the two lists', () => {
    expect([...nothing, ...documents, ['features']].map(([name]) => name).sort()).toEqual(METHODS)
  })

  it.each(nothing)('%s has no result', async (_, call) => {
    service.script = () => ({ body: '' })
    expect(await call(client)).toBeUndefined()
  })

  it.each([...nothing, ...documents])('%s refuses an answer that is no JSON', async (_, call) => {
    for (const body of [HTML, '{"a":', 'NaN', '{}{}', "{'a':1}"]) {
      // oxlint-disable-next-line no-await-in-loop -- one service
      expect(await errorFor(body, call)).toBeInstanceOf(InvalidResponse)
    }
  })

  it.each(documents)('%s refuses an answer that is empty, unlike the reference', async (_, call) => {
    expect(await errorFor('', call)).toMatchObject({ name: 'InvalidResponse', status: 500, details: '' })
  })

  it.each(documents)('%s refuses a document of another type', async (_, call) => {
    for (const body of ['null', '7', 'true', '"text"']) {
      // oxlint-disable-next-line no-await-in-loop -- one service
      expect(await errorFor(body, call)).toBeInstanceOf(AstakosClientException)
    }
  })
})
