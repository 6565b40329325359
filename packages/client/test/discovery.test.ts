import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { AstakosClient, ClientOptions } from '../src/index.ts'
import { always, isDiscovery, serve, type Received, type Script } from './support/service.ts'
import { clientOf, failure, nodeTransports, TOKEN, transports, until } from './support/transports.ts'

/** Where everything is: found out lazily, once, together. Client specification, 2. */

const DOCUMENT = { body: { id: 'p', access_token: 'a', uuid_catalog: {} } }

interface Places {
  readonly account?: unknown
  readonly ui?: unknown
  readonly oauth2?: unknown
  readonly versionId?: unknown
}

/** A catalog whose URLs are these. */
function catalog({ account, ui = null, oauth2, versionId = 'v1.0' }: Places): object {
  const service = (name: string, endpoint: object): object => ({
    name,
    type: 'any',
    endpoints_links: [],
    endpoints: [{ region: 'default', ...endpoint }],
  })
  return {
    access: {
      serviceCatalog: [
        service('of_somebody_else', { publicURL: 'http://other.example.com/', versionId: 'v1.0' }),
        ...(account === undefined
          ? []
          : [service('astakos_account', { publicURL: account, versionId, 'SNF:uiURL': ui })]),
        ...(oauth2 === undefined ? [] : [service('astakos_oauth2', { publicURL: oauth2, versionId: 'any' })]),
      ],
    },
  }
}

/** Discovery waits until it is let go; the answers are kept, to see what becomes of them. */
function heldDiscovery(): { script: Script; held: ServerResponse[]; release: () => void } {
  const held: ServerResponse[] = []
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  const script: Script = async (request, response) => {
    if (!isDiscovery(request)) return DOCUMENT
    held.push(response)
    await Promise.race([released, once(response, 'close')])
    return undefined
  }
  return { script, held, release: () => release() }
}

const paths = (requests: readonly Received[]): string[] => requests.map(({ method, path }) => `${method} ${path}`)

for (const transport of transports) {
  const open = (service: { authUrl: string }, more: ClientOptions = {}): AstakosClient =>
    clientOf(service, transport, more)

  describe(`discovery over ${transport.name}`, () => {
    it('waits for the first call, is one public request, and is not repeated', async () => {
      await using service = await serve(always(DOCUMENT))
      await using client = open(service)
      client.withToken('other')
      await new Promise((resolve) => setTimeout(resolve, 20))
      expect(service.connections).toBe(0)

      await client.getQuotas()
      expect(paths(service.requests)).toEqual(['POST /identity/v2.0/tokens', 'GET /account/v1.0/quotas'])
      expect(service.requests[0]).toMatchObject({
        query: null,
        body: '',
        headers: { 'content-length': '0', 'content-type': 'application/json', 'x-auth-token': TOKEN },
      })
      expect(service.requests[0]?.headers).not.toHaveProperty('transfer-encoding')

      await client.getProject('p')
      await client.features()
      await client.getUsernames([])
      expect(service.discoveries).toHaveLength(1)
    })

    it('is no part of calls to the identity service', async () => {
      await using service = await serve(always(DOCUMENT))
      await using client = open(service)
      await client.validateToken('t')
      expect(paths(service.requests)).toEqual(['GET /identity/v2.0/tokens/t'])
    })

    it('is one for calls to the account and to the menu, and one more for OAuth2', async () => {
      await using service = await serve((request) => (request.path === '/ui/get_services' ? { body: [] } : undefined))
      service.script = (request) =>
        isDiscovery(request) ? undefined : request.path === '/ui/get_services' ? { body: [] } : DOCUMENT
      await using client = open(service)
      await Promise.all([client.getQuotas(), client.getServices(), client.getQuotas(), client.getServices()])
      expect(service.discoveries).toHaveLength(1)
      await Promise.all([client.getToken('g', 'i', 's', {}), client.getToken('g', 'i', 's', {})])
      expect(service.discoveries).toHaveLength(2)
      await client.getToken('g', 'i', 's', {})
      await client.getQuotas()
      expect(service.discoveries).toHaveLength(2)
    })

    it('for OAuth2 teaches where the account is, too', async () => {
      await using service = await serve(always(DOCUMENT))
      await using client = open(service)
      await client.getToken('g', 'i', 's', {})
      await client.getQuotas()
      expect(service.discoveries).toHaveLength(1)
    })

    it('is shared with the clients that withToken makes', async () => {
      await using service = await serve(always(DOCUMENT))
      await using client = open(service)
      await Promise.all(['a', 'b', 'c'].map((token) => client.withToken(token).getQuotas()))
      expect(service.discoveries).toHaveLength(1)
      expect(new Set(service.calls.map(({ headers }) => headers['x-auth-token']))).toEqual(new Set(['a', 'b', 'c']))
    })

    it('that failed is not remembered', async () => {
      await using service = await serve((request) => (isDiscovery(request) ? { status: 503, body: 'no' } : DOCUMENT))
      await using client = open(service)
      const calls = [client.getQuotas(), client.getProject('p'), client.features()]
      for (const error of await Promise.all(calls.map(failure))) {
        expect(error).toMatchObject({ status: 503, response: 'no', method: 'POST', path: '/tokens', attempts: 1 })
      }
      expect(paths(service.requests)).toEqual(['POST /identity/v2.0/tokens'])

      service.script = () => ({ status: 401 })
      expect(await failure(client.getQuotas())).toMatchObject({ name: 'Unauthorized', path: '/tokens' })
      service.script = () => ({ body: '<html>' })
      expect(await failure(client.getQuotas())).toMatchObject({ name: 'InvalidResponse', path: '/tokens' })

      service.script = always(DOCUMENT)
      await client.getQuotas()
      expect(service.discoveries).toHaveLength(4)
    })

    it('is repeated on its own where a call may retry', async () => {
      const failures = [503, 502]
      await using service = await serve((request) => {
        const status = isDiscovery(request) ? failures.shift() : undefined
        return status === undefined ? (isDiscovery(request) ? undefined : DOCUMENT) : { status }
      })
      await using client = open(service, { retry: 2 })
      // Even where the call itself must not be sent twice.
      await client.joinProject('p')
      expect(service.discoveries).toHaveLength(3)
      expect(service.calls).toHaveLength(1)
    })

    it('goes on for the others when one of those who wait is aborted or has no more time', async () => {
      const { script, held, release } = heldDiscovery()
      await using service = await serve(script)
      await using client = open(service)
      const [first, second] = [new AbortController(), new AbortController()]
      const started = failure(client.getQuotas({ signal: first.signal }))
      const patient = client.getProject('p')
      const hasty = failure(client.getQuotas({ timeoutMs: 30 }))
      const aborted = failure(client.getQuotas({ signal: second.signal }))
      await until(() => held.length > 0)

      first.abort('the one who asked first')
      expect(await started).toBe('the one who asked first')
      second.abort(new Error('another'))
      expect(await aborted).toMatchObject({ message: 'another' })
      expect(await hasty).toMatchObject({
        name: 'Timeout',
        phase: 'call',
        timeoutMs: 30,
        path: '/tokens',
        outcome: 'none',
      })

      expect(held.map(({ destroyed }) => destroyed)).toEqual([false])
      release()
      expect(await patient).toEqual(DOCUMENT.body)
      expect(service.discoveries).toHaveLength(1)
      expect(paths(service.calls)).toEqual(['GET /account/v1.0/projects/p'])
    })

    it('stops when the last one leaves, and begins anew for the next', async () => {
      const { script, held, release } = heldDiscovery()
      await using service = await serve(script)
      await using client = open(service)
      const controller = new AbortController()
      const calls = [client.getQuotas({ signal: controller.signal }), client.getQuotas({ timeoutMs: 40 })].map(failure)
      await until(() => held.length > 0)
      const closed = once(held[0] as ServerResponse, 'close')
      controller.abort()
      await Promise.all(calls)
      await closed
      expect(held[0]?.writableFinished).toBe(false)

      release()
      await client.getQuotas()
      expect(service.discoveries).toHaveLength(2)
    })

    it('counts towards the time of a call', async () => {
      const { script, release } = heldDiscovery()
      await using service = await serve(script)
      await using client = open(service, { timeoutMs: 60 })
      const began = performance.now()
      expect(await failure(client.acceptCommission(1))).toMatchObject({
        name: 'Timeout',
        timeoutMs: 60,
        outcome: 'none',
      })
      expect(performance.now() - began).toBeLessThan(1000)
      expect(service.calls).toEqual([])
      release()
    })

    it('is refreshed by authenticate and getEndpoints', async () => {
      await using service = await serve(
        (request) => (request.path.endsWith('/tokens') ? { body: service.catalog } : DOCUMENT),
        { catalog: catalog({ account: 'http://x/first' }) },
      )
      await using client = open(service)
      await client.getQuotas()
      expect(service.last.path).toBe('/first/quotas')

      service.catalog = catalog({ account: 'http://x/second/' })
      await client.authenticate()
      await client.getQuotas()
      expect(service.last.path).toBe('/second/quotas')

      service.catalog = catalog({ account: 'https://x:99/a%20b/third?q#f', ui: 'http://x/menu' })
      await client.getEndpoints()
      await client.getQuotas()
      expect(service.last.path).toBe('/a%20b/third/quotas')
      service.script = () => ({ body: [] })
      await client.getServices()
      expect(service.last.path).toBe('/menu/get_services')
      expect(service.discoveries).toHaveLength(2) // the first call's, and getEndpoints
    })

    it('is spared to whoever authenticates first', async () => {
      await using service = await serve((request) =>
        request.path.endsWith('/tokens') ? { body: service.catalog } : DOCUMENT,
      )
      await using client = open(service)
      await client.authenticate()
      await client.getQuotas()
      expect(paths(service.requests)).toEqual(['POST /identity/v2.0/tokens', 'GET /account/v1.0/quotas'])
      expect(service.discoveries).toEqual([])
    })

    it('keeps what a refreshed catalog no longer has', async () => {
      await using service = await serve(
        (request) => (request.path.endsWith('/tokens') ? { body: service.catalog } : DOCUMENT),
        { catalog: catalog({ account: 'http://x/first' }) },
      )
      await using client = open(service)
      await client.getEndpoints()
      service.catalog = catalog({})
      await client.authenticate()
      await client.getQuotas()
      expect(service.last.path).toBe('/first/quotas')
    })

    it('learns nothing from a refused authenticate', async () => {
      await using service = await serve((request) =>
        isDiscovery(request)
          ? undefined
          : request.path.endsWith('/tokens')
            ? { status: 401, body: service.catalog }
            : DOCUMENT,
      )
      await using client = open(service)
      await client.getQuotas()
      service.catalog = catalog({ account: 'http://x/elsewhere' })
      await failure(client.authenticate())
      await client.getQuotas()
      expect(service.last.path).toBe('/account/v1.0/quotas')
    })
  })

  describe(`the token over ${transport.name}`, () => {
    it('goes to the origin of authUrl, whatever origin the endpoints have', async () => {
      await using other = await serve(() => DOCUMENT)
      await using service = await serve(always(DOCUMENT), {
        catalog: catalog({
          account: `${other.origin}/account/v1.0`,
          ui: `${other.origin}/ui`,
          oauth2: `${other.origin}/oauth2`,
        }),
      })
      await using client = open(service, { trustedOrigins: ['https://accounts.example.com', 'http://127.0.0.1:1'] })
      await client.getQuotas()
      await client.getToken('g', 'i', 's', {})
      service.script = always({ body: [] })
      await client.getServices()
      await client.getProjects()
      expect(paths(service.calls)).toEqual([
        'GET /account/v1.0/quotas',
        'POST /oauth2/token',
        'GET /ui/get_services',
        'GET /account/v1.0/projects',
      ])
      expect(other.connections).toBe(0)
    })

    it('goes to another origin that trustedOrigins names', async () => {
      await using other = await serve(() => DOCUMENT)
      await using service = await serve(always(DOCUMENT), {
        catalog: catalog({ account: `${other.origin}/account/v1.0`, oauth2: 'http://x.example.com/oauth2' }),
      })
      await using client = open(service, { trustedOrigins: [`${other.origin}/`] })
      await client.getProject('p')
      expect(paths(other.requests)).toEqual(['GET /account/v1.0/projects/p'])
      expect(other.last.headers['x-auth-token']).toBe(TOKEN)
      expect(other.last.headers['host']).toBe(new URL(other.origin).host)
      // Only what the catalog has there: the rest stays.
      await client.getToken('g', 'i', 's', {})
      await client.validateToken('t')
      expect(paths(service.calls)).toEqual(['POST /oauth2/token', 'GET /identity/v2.0/tokens/t'])
      expect(other.requests).toHaveLength(1)
    })

    it('goes nowhere for a catalog whose URLs begin with the name of a host', async () => {
      await using other = await serve(() => DOCUMENT)
      const { host } = new URL(other.origin)
      for (const account of [`x:@${host}`, `x:@${host}/account`, `mailto:@${host}`, `javascript:@${host}`]) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await using service = await serve(always(DOCUMENT), {
          catalog: catalog({ account, ui: account, oauth2: account }),
        })
        // oxlint-disable-next-line no-await-in-loop
        await using client = open(service)
        for (const call of [client.getQuotas(), client.getServices(), client.getToken('g', 'i', 's', {})]) {
          // oxlint-disable-next-line no-await-in-loop
          expect(await failure(call)).toMatchObject({ name: 'NoEndpoints' })
        }
        expect(service.calls).toEqual([])
      }
      expect(other.connections).toBe(0)
    })
  })

  describe(`a bare origin over ${transport.name}`, () => {
    it.each([
      ['/identity/v2.0', ['/identity/v2.0/tokens']],
      ['/astakos/identity/v2.0', ['/identity/v2.0/tokens', '/astakos/identity/v2.0/tokens']],
      ['', ['/identity/v2.0/tokens', '/astakos/identity/v2.0/tokens', '/tokens']],
    ])('finds the identity service at "%s"', async (identityPath, asked) => {
      await using service = await serve(
        (request) => (isDiscovery(request) || request.path.endsWith('/tokens') ? undefined : DOCUMENT),
        { identityPath },
      )
      await using client = open({ authUrl: service.origin })
      expect(client.authUrl).toBe(service.origin)
      await Promise.all([client.getQuotas(), client.getQuotas(), client.validateToken('t')])
      expect(service.discoveries.map(({ path }) => path)).toEqual(asked)
      const before = service.requests.length
      await client.validateToken('t')
      await client.getQuotas()
      await client.getToken('g', 'i', 's', {})
      expect(paths(service.requests.slice(before))).toEqual([
        `GET ${identityPath}/tokens/t`,
        'GET /account/v1.0/quotas',
        `POST ${identityPath}/tokens`,
        'POST /oauth2/token',
      ])
    })

    it('is looked into once, by one call', async () => {
      await using service = await serve(always(DOCUMENT), { identityPath: '/astakos/identity/v2.0' })
      await using client = open({ authUrl: `${service.origin}/` })
      service.script = (request) =>
        isDiscovery(request) ? undefined : request.path.endsWith('/tokens') ? { body: service.catalog } : DOCUMENT
      await client.authenticate()
      expect(paths(service.requests)).toEqual([
        'POST /identity/v2.0/tokens',
        'POST /astakos/identity/v2.0/tokens',
        'POST /astakos/identity/v2.0/tokens',
      ])
      expect(service.last.body).toContain(TOKEN)
      // The token is in no body before it is known who reads it.
      expect(service.requests.slice(0, 2).map(({ body }) => body)).toEqual(['', ''])
      await client.getQuotas()
      await client.authenticate()
      await client.getEndpoints()
      expect(paths(service.requests.slice(3))).toEqual([
        'GET /account/v1.0/quotas',
        'POST /astakos/identity/v2.0/tokens',
        'POST /astakos/identity/v2.0/tokens',
      ])
    })

    it.each([
      ['404 with HTML', { status: 404, body: '<html>' }],
      ['400', { status: 400, body: { badRequest: { code: 400, message: 'API endpoint not found', details: '' } } }],
      ['403', { status: 403 }],
      ['405', { status: 405 }],
      ['a redirect', { status: 302, headers: { Location: '/' } }],
      ['a page', { status: 200, body: '<html>' }],
      ['nothing', { status: 204 }],
      ['another document', { status: 200, body: { versions: [] } }],
      ['a list', { status: 200, body: [] }],
      ['null', { status: 200, body: 'null' }],
    ])('is searched on after %s', async (_, reply) => {
      await using service = await serve(
        (request) => (request.path.startsWith('/identity') ? reply : always(DOCUMENT)(request, null as never)),
        { identityPath: '/astakos/identity/v2.0' },
      )
      await using client = open({ authUrl: service.origin })
      await client.getQuotas()
      expect(paths(service.discoveries)).toEqual(['POST /identity/v2.0/tokens', 'POST /astakos/identity/v2.0/tokens'])
    })

    it('is not searched on after a failure, which says nothing about where things are', async () => {
      await using service = await serve(() => ({ status: 503 }))
      await using client = open({ authUrl: service.origin })
      expect(await failure(client.getQuotas())).toMatchObject({ status: 503, path: '/tokens' })
      expect(service.requests).toHaveLength(1)
      service.script = always(DOCUMENT)
      await client.getQuotas()
    })

    it('that answers with another document is none, and is looked into again', async () => {
      await using service = await serve(() => ({ body: { a: 1 } }))
      await using client = open({ authUrl: service.origin })
      expect(await failure(client.validateToken('t'))).toMatchObject({ name: 'NoEndpoints', path: '/tokens' })
      expect(service.requests).toHaveLength(3)
      service.script = (request) => (isDiscovery(request) ? undefined : DOCUMENT)
      await client.validateToken('t')
      expect(service.last.path).toBe('/identity/v2.0/tokens/t')
    })

    it('without any Astakos is an error, and is looked into again', async () => {
      await using service = await serve(() => ({ status: 404 }))
      await using client = open({ authUrl: service.origin })
      for (const call of [(): Promise<unknown> => client.getQuotas(), (): Promise<unknown> => client.authenticate()]) {
        service.requests.length = 0
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        expect(await failure(call())).toMatchObject({ name: 'NotFound', method: 'POST', path: '/tokens' })
        expect(service.requests.map(({ path }) => path)).toEqual([
          '/identity/v2.0/tokens',
          '/astakos/identity/v2.0/tokens',
          '/tokens',
        ])
      }
    })
  })
}

const [first] = nodeTransports as [(typeof nodeTransports)[0]]

describe('an identity URL', () => {
  it.each(['/identity/v2.0/', '/identity/v2.0//', '/identity/v2.0'])('may end like "%s"', async (path) => {
    await using service = await serve(always(DOCUMENT))
    await using client = clientOf({ authUrl: service.origin + path }, first)
    await client.validateToken('t')
    expect(service.last.path).toBe('/identity/v2.0/tokens/t')
    await client.getQuotas()
    expect(service.last.path).toBe('/account/v1.0/quotas')
  })

  it('is taken at its word: nothing is looked for elsewhere', async () => {
    await using service = await serve(always(DOCUMENT), { identityPath: '/identity/v2.0' })
    await using client = clientOf({ authUrl: `${service.origin}/wrong` }, first)
    expect(await failure(client.getQuotas())).toMatchObject({ name: 'NotFound', path: '/tokens' })
    expect(paths(service.requests)).toEqual(['POST /wrong/tokens'])
  })
})

describe('a catalog', () => {
  it('without an entry is NoEndpoints, for the calls that need it', async () => {
    await using service = await serve(always(DOCUMENT), { catalog: catalog({ account: 'http://x/account' }) })
    await using client = clientOf(service, first)
    await client.getQuotas()
    const facts = { name: 'NoEndpoints', status: 500, method: 'POST', path: '/tokens' }
    expect(await failure(client.getToken('g', 'i', 's', {}))).toMatchObject({
      ...facts,
      message: 'No endpoints found matching, name = astakos_oauth2',
    })
    expect(await failure(client.getServices())).toMatchObject({
      ...facts,
      message: 'No endpoints found matching, name = astakos_account, version_id = v1.0',
    })
    // It is asked for again: somebody may have registered it by now.
    service.catalog = catalog({ account: 'http://x/account', oauth2: 'http://x/oauth2' })
    await client.getToken('g', 'i', 's', {})
  })

  it('of another version of the account is NoEndpoints', async () => {
    await using service = await serve(always(DOCUMENT), {
      catalog: catalog({ account: 'http://x/account/v2.0', versionId: 'v2.0', oauth2: 'http://x/oauth2' }),
    })
    await using client = clientOf(service, first)
    expect(await failure(client.getQuotas())).toMatchObject({ name: 'NoEndpoints' })
    await client.getToken('g', 'i', 's', {})
  })

  it('has the account at the first endpoint of version v1.0, and OAuth2 at the first at all', async () => {
    const endpoints = ['v0.9', 'v1.0', 'v1.0'].map((versionId, at) => ({
      versionId,
      publicURL: `http://x/${at}`,
      'SNF:uiURL': `http://x/ui${at}`,
    }))
    await using service = await serve(always(DOCUMENT), {
      catalog: {
        access: {
          serviceCatalog: [
            { name: 'astakos_account', endpoints: [] },
            { name: 'astakos_account', endpoints: endpoints.slice(0, 1) },
            { name: 'astakos_account', endpoints },
            { name: 'astakos_oauth2', endpoints },
          ],
        },
      },
    })
    await using client = clientOf(service, first)
    await client.getQuotas()
    expect(service.last.path).toBe('/1/quotas')
    await client.getToken('g', 'i', 's', {})
    expect(service.last.path).toBe('/0/token')
    service.script = always({ body: [] })
    await client.getServices()
    expect(service.last.path).toBe('/ui1/get_services')
  })

  it('may have paths instead of URLs', async () => {
    await using service = await serve(always(DOCUMENT), { catalog: catalog({ account: '/account/v1.0/' }) })
    await using client = clientOf(service, first)
    await client.getQuotas()
    expect(service.last.path).toBe('/account/v1.0/quotas')
  })

  const odd: unknown[] = [
    ...[null, 7, [], { access: null }, { access: [] }, { access: { serviceCatalog: null } }].map((whole) => whole),
    { access: { serviceCatalog: {} } },
    ...[null, 7, 'text', [], {}, { name: 5 }, { name: 'astakos_account' }].map(inCatalog),
    ...[null, {}, 'text', [null], [7], [[]], [{}], [{ versionId: 1 }], [{ versionId: 'v1.0' }]].map((endpoints) =>
      inCatalog({ name: 'astakos_account', endpoints }),
    ),
    ...[null, 7, true, {}, [], 'http://', 'http://[', 'ftp://x/account'].map((account) =>
      catalog({ account, ui: account }),
    ),
  ]

  function inCatalog(service: unknown): object {
    return { access: { serviceCatalog: [service] } }
  }

  it.each(odd.map((document) => [JSON.stringify(document), document] as const))(
    'such as %s breaks nothing',
    async (text) => {
      await using service = await serve((request) => (isDiscovery(request) ? { body: text } : DOCUMENT))
      await using client = clientOf(service, first)
      expect(await failure(client.getQuotas())).toMatchObject({
        name: expect.stringMatching(/^(NoEndpoints|InvalidResponse)$/) as string,
        path: '/tokens',
      })
      expect(await failure(client.getServices())).toMatchObject({
        name: expect.stringMatching(/^(NoEndpoints|InvalidResponse)$/) as string,
      })
      expect(service.calls).toEqual([])
      // What can be read is returned as it is.
      if (text.startsWith('{')) expect(await client.getEndpoints()).toEqual(JSON.parse(text))
    },
  )

  it('with odd neighbours is found all the same', async () => {
    const { access } = catalog({ account: 'http://x/account' }) as { access: { serviceCatalog: unknown[] } }
    await using service = await serve(always(DOCUMENT), {
      catalog: {
        access: { serviceCatalog: [null, 7, [], {}, { name: null, endpoints: 5 }, ...access.serviceCatalog] },
      },
    })
    await using client = clientOf(service, first)
    await client.getQuotas()
    expect(service.last.path).toBe('/account/quotas')
  })
})

describe('the features', () => {
  it('are those of the last answer to POST tokens', async () => {
    let features: string | undefined = 'a, b'
    await using service = await serve((request) =>
      request.path.endsWith('/tokens')
        ? { body: service.catalog, headers: features === undefined ? {} : { 'Astakos-Features': features } }
        : DOCUMENT,
    )
    await using client = clientOf(service, first)
    expect(await client.features()).toEqual(new Set(['a', 'b']))
    features = 'c'
    expect(await client.features()).toEqual(new Set(['a', 'b']))
    await client.authenticate()
    expect(await client.features()).toEqual(new Set(['c']))
    features = undefined
    await client.getEndpoints()
    expect(await client.withToken('t').features()).toEqual(new Set())
    expect(service.discoveries).toHaveLength(2)
  })
})

describe('10,000 first calls at once', () => {
  it('make one discovery', async () => {
    await using service = await serve(always({ body: '{}' }))
    await using client = clientOf(service, { name: 'undici', options: { usePool: true, proxy: false } })
    await Promise.all(Array.from({ length: 10_000 }, () => client.getQuotas()))
    expect(service.discoveries).toHaveLength(1)
    expect(service.calls).toHaveLength(10_000)
    expect(service.connections).toBeLessThanOrEqual(8)
  })
})
