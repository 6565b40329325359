import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { AstakosClient, BadValue, NotSupported, type Logger } from '../src/index.ts'
import { always, isDiscovery, serve, type Reply, type Script } from './support/service.ts'
import { clientOf, failure, nodeTransports, pause, transports, until } from './support/transports.ts'

const [plain, pooled] = nodeTransports as [(typeof nodeTransports)[0], (typeof nodeTransports)[0]]
const QUOTAS = '{"u":{"p":{"vm":{"limit":1}}}}'

/** Answers are given when they are let go. */
function held(reply: Reply): { script: Script; release: () => void; waiting: () => number } {
  let waiting = 0
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  return {
    script: async (request) => {
      if (isDiscovery(request)) return undefined
      waiting += 1
      await released
      return reply
    },
    release: () => release(),
    waiting: () => waiting,
  }
}

for (const transport of transports) {
  describe(`withToken over ${transport.name}`, () => {
    it('is the same service with another token', async () => {
      await using service = await serve(always({ body: { id: 'p' } }))
      await using client = clientOf(service, transport, { retry: 2, headers: { 'X-Client-IP': '1.2.3.4' } })
      const user = client.withToken('of-a-user')
      expect(user).toBeInstanceOf(AstakosClient)
      expect([user.token, user.authUrl, user.retry]).toEqual(['of-a-user', service.authUrl, 2])
      expect(client.token).toBe('test-token')

      await user.getProject('p')
      expect(service.last.headers).toMatchObject({ 'x-auth-token': 'of-a-user', 'x-client-ip': '1.2.3.4' })
      await client.getProject('p')
      expect(service.last.headers['x-auth-token']).toBe('test-token')
      await user.withToken('third').getProject('p')
      expect(service.last.headers['x-auth-token']).toBe('third')
      expect(service.discoveries).toHaveLength(1)

      service.script = () => ({ body: { access: {} } })
      await user.authenticate()
      expect(service.last.body).toBe('{"auth":{"token":{"id":"of-a-user"}}}')
    })

    it('has a log of its own', async () => {
      await using service = await serve(always({ body: { id: 'p' } }))
      await using client = clientOf(service, transport)
      const user = client.withToken('of-a-user')
      await user.getProject('p')
      expect(client.logRequest).toBeNull()
      expect(client.logResponse).toBeNull()
      expect(user.logRequest?.path).toBe('/account/v1.0/projects/p')
    })
  })

  describe(`close over ${transport.name}`, () => {
    it('waits for running calls, and refuses later ones', async () => {
      const { script, release, waiting } = held({ body: { id: 'p' } })
      await using service = await serve(script)
      const client = clientOf(service, transport)
      const user = client.withToken('of-a-user')
      const calls = [client.getProject('p'), user.getProject('p')]
      await until(() => waiting() === 2)

      let closed = false
      const closing = client.close().then(() => (closed = true))
      const again = client.close()
      const before = service.requests.length
      for (const each of [client, user, client.withToken('new')]) {
        for (const call of [
          each.getQuotas(),
          each.features(),
          each.authenticate(),
          each.acceptCommission(1),
          each.issueOneCommission('u', 'p', {}),
          each.serviceQuotasEntries().next(),
        ]) {
          // oxlint-disable-next-line no-await-in-loop -- at once
          const error = await failure(call)
          expect(error).toBeInstanceOf(BadValue)
          expect(error).toMatchObject({ argument: 'client', details: expect.stringContaining('is closed') as string })
        }
      }
      await pause(20)
      expect(closed).toBe(false)
      expect(service.requests).toHaveLength(before)

      release()
      expect(await Promise.all(calls)).toEqual([{ id: 'p' }, { id: 'p' }])
      await Promise.all([closing, again, client.close(), client[Symbol.asyncDispose]()])
      expect(closed).toBe(true)
      expect(client.token).toBe('test-token')
    })

    it('waits for a stream until it is left', async () => {
      await using service = await serve(always({ body: QUOTAS }))
      const client = clientOf(service, transport)
      const stream = client.serviceQuotasEntries()
      expect((await stream.next()).value).toEqual(['u', { p: { vm: { limit: 1n } } }])
      let closed = false
      const closing = client.close().then(() => (closed = true))
      await pause(10)
      expect(closed).toBe(false)
      await stream.return?.()
      await closing
    })

    it('does nothing on a client that withToken made', async () => {
      await using service = await serve(always({ body: { id: 'p' } }))
      await using client = clientOf(service, transport)
      {
        await using user = client.withToken('of-a-user')
        await user.getProject('p')
        await user.close()
      }
      await client.getProject('p')
      await client.withToken('of-a-user').getProject('p')
    })

    it('comes by itself at the end of `await using`', async () => {
      await using service = await serve(always({ body: { id: 'p' } }))
      let kept: AstakosClient
      {
        await using client = clientOf(service, transport)
        kept = client
        await client.getProject('p')
      }
      expect(await failure(kept.getProject('p'))).toMatchObject({ name: 'BadValue', argument: 'client' })
    })

    it('before any call opens nothing', async () => {
      await using service = await serve()
      const client = clientOf(service, transport)
      await client.close()
      expect(service.connections).toBe(0)
      expect(await failure(client.getQuotas())).toMatchObject({ name: 'BadValue', argument: 'client' })
    })
  })
}

it('close ends the pool’s connections', async () => {
  await using service = await serve(always({ body: { id: 'p' } }))
  const client = clientOf(service, pooled)
  await Promise.all([client.getProject('p'), client.withToken('u').getProject('p')])
  await client.close()
  await until(() => service.openConnections === 0)
})

describe('the log of the last request and answer', () => {
  it('is what was sent and what came, secrets cut', async () => {
    await using service = await serve(always({ reason: 'Fine', body: '{"id":"p","echo":"test-token"}' }))
    await using client = clientOf(service, plain, { headers: { 'X-Client-IP': '1.2.3.4', Cookie: 'session=secret' } })
    expect([client.logRequest, client.logResponse]).toEqual([null, null])
    await client.modifyProject('a/b', { name: 'test-token ü' }, { headers: { 'X-Own': 'own test-token' } })
    expect(client.logRequest).toEqual({
      method: 'PUT',
      path: '/account/v1.0/projects/a%2Fb',
      headers: {
        'x-auth-token': '(not shown)',
        'x-client-ip': '1.2.3.4',
        cookie: '(not shown)',
        'x-own': 'own (not shown)',
        'content-type': 'application/json',
      },
      body: '{"name":"(not shown) ü"}',
    })
    expect(client.logResponse).toEqual({ status: 200, message: 'Fine', data: '{"id":"p","echo":"(not shown)"}' })

    await client.getProject('p')
    expect(client.logRequest).toMatchObject({ method: 'GET', body: null })
  })

  it('keeps refusals and what is no JSON', async () => {
    await using service = await serve(always({ status: 404, body: 'nothing here' }))
    await using client = clientOf(service, plain)
    await failure(client.getProject('p'))
    expect(client.logResponse).toMatchObject({ status: 404, data: 'nothing here' })
    service.script = always({ body: '<html>' })
    await failure(client.getProject('p'))
    expect(client.logResponse).toMatchObject({ status: 200, data: '<html>' })
  })

  it('shows no body of the calls that carry tokens', async () => {
    const answer = { access_token: 'their-token', access: { token: { id: 'their-token' } } }
    await using service = await serve((request) => (isDiscovery(request) ? undefined : { body: answer }))
    await using client = clientOf(service, plain)
    for (const call of [
      () => client.authenticate(),
      () => client.validateToken('their-token'),
      () => client.getToken('g', 'my-id', 'my-secret', { code: 'my-code' }),
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      await call()
      expect(client.logResponse?.data).toBe('(not logged)')
      expect(client.logRequest?.body ?? '(not logged)').toBe('(not logged)')
      expect(JSON.stringify([client.logRequest, client.logResponse])).not.toMatch(
        /their-token|test-token|my-secret|my-code/,
      )
    }
  })

  it('keeps no more than 64 KiB of an answer', async () => {
    const long = 'x'.repeat(300_000)
    await using service = await serve(always({ body: { id: long } }))
    await using client = clientOf(service, plain)
    expect((await client.getProject('p')).id).toBe(long)
    const { data = '' } = client.logResponse ?? {}
    expect(data.length).toBe(65_536)
    expect(`{"id":"${long}"}`.startsWith(data)).toBe(true)
  })
})

describe('the logger', () => {
  interface Line {
    readonly level: 'debug' | 'warn'
    readonly message: string
    readonly fields: Readonly<Record<string, unknown>>
  }
  function collector(): { lines: Line[]; logger: Logger } {
    const lines: Line[] = []
    const note =
      (level: Line['level']) =>
      (message: string, fields: object = {}): void =>
        void lines.push({ level, message, fields: fields as Line['fields'] })
    return { lines, logger: { debug: note('debug'), warn: note('warn') } }
  }
  const token = `sha1:${createHash('sha1').update('test-token').digest('hex')}`

  it('is told of each request: method, path, digest of the token, the call’s own headers, body', async () => {
    const { lines, logger } = collector()
    await using service = await serve(always({ body: { id: 'p' } }))
    await using client = clientOf(service, plain, { logger, headers: { 'X-Client-IP': '1.2.3.4' } })
    await client.modifyProject('p', { name: 'n' }, { headers: { 'X-Own': 'o', Authorization: 'Bearer my-bearer' } })
    await client.withToken('ü').getProject('p')
    expect(lines).toEqual([
      {
        level: 'debug',
        message: 'POST /identity/v2.0/tokens',
        fields: { method: 'POST', path: '/identity/v2.0/tokens', token, headers: {}, body: null },
      },
      {
        level: 'debug',
        message: 'PUT /account/v1.0/projects/p',
        fields: {
          method: 'PUT',
          path: '/account/v1.0/projects/p',
          token,
          headers: { 'x-own': 'o', authorization: '(not shown)' },
          body: '{"name":"n"}',
        },
      },
      {
        level: 'debug',
        message: 'GET /account/v1.0/projects/p',
        fields: {
          method: 'GET',
          path: '/account/v1.0/projects/p',
          token: `sha1:${createHash('sha1').update('ü').digest('hex')}`,
          headers: {},
          body: null,
        },
      },
    ])
  })

  it('is not told what the calls that carry tokens send', async () => {
    const { lines, logger } = collector()
    await using service = await serve(always({ body: { access_token: 'a', access: {} } }))
    await using client = clientOf(service, plain, { logger })
    await client.authenticate()
    await client.validateToken('their-token')
    await client.getToken('g', 'my-id', 'my-secret', { code: 'my-code' })
    const told = lines.filter(({ fields }) => fields['body'] !== null)
    expect(told.map(({ message, fields }) => [message, fields['body']])).toEqual([
      ['POST /identity/v2.0/tokens', '(not logged)'],
      ['POST /oauth2/token', '(not logged)'],
    ])
    expect(lines.map(({ message }) => message)).toContain('GET /identity/v2.0/tokens/(not shown)')
    expect(inspect(lines, { depth: 9 })).not.toMatch(/test-token|their-token|my-secret|my-code|Basic/)
  })

  it('is told why a call is sent again', async () => {
    const { lines, logger } = collector()
    const failures = [503, 503]
    await using service = await serve((request) => {
      const status = isDiscovery(request) ? undefined : failures.shift()
      return isDiscovery(request) ? undefined : status === undefined ? { body: {} } : { status }
    })
    await using client = clientOf(service, plain, { logger, retry: 2 })
    await client.getQuotas()
    expect(lines.filter(({ level }) => level === 'warn')).toEqual(
      [1, 2].map((attempt) => ({
        level: 'warn',
        message: 'GET /quotas failed and is sent again',
        fields: {
          method: 'GET',
          path: '/quotas',
          attempt,
          pauseMs: expect.any(Number) as number,
          error: 'AstakosClientException: Service Unavailable',
        },
      })),
    )
    expect(lines.filter(({ message }) => message === 'GET /account/v1.0/quotas')).toHaveLength(3)
  })

  it('that throws does not break the call', async () => {
    const broken = (): never => {
      throw new Error('The disk is full')
    }
    await using service = await serve(always({ status: 503 }))
    await using client = clientOf(service, plain, { logger: { debug: broken, warn: broken }, retry: 1 })
    expect(await failure(client.getQuotas())).toMatchObject({ status: 503, attempts: 2 })
  })

  it('may be the console, or null', () => {
    for (const logger of [console, null, undefined]) {
      expect(new AstakosClient('t', 'http://x', { logger }).token).toBe('t')
    }
  })
})

describe('a client', () => {
  it('has the getters token, authUrl and retry, as they were given', () => {
    const client = new AstakosClient('test-token', 'HTTPS://Accounts.Example.com/identity/v2.0/', { retry: 3 })
    expect([client.token, client.authUrl, client.retry]).toEqual([
      'test-token',
      'HTTPS://Accounts.Example.com/identity/v2.0/',
      3,
    ])
    expect(new AstakosClient('t', new URL('http://x/identity')).authUrl).toBe('http://x/identity')
    expect(new AstakosClient('t', 'http://x').retry).toBe(0)
    for (const name of ['token', 'authUrl', 'retry', 'logRequest', 'logResponse']) {
      expect(Reflect.set(client, name, 'other')).toBe(false)
    }
  })

  it('shows its token neither to inspect, JSON, spread and keys, nor as a text', async () => {
    await using service = await serve(always({ body: { id: 'p' } }))
    await using client = clientOf(service, pooled, { headers: { Authorization: 'Bearer test-token' } })
    await client.getProject('p')
    const user = client.withToken('of-a-user')
    for (const each of [client, user]) {
      const shown = [
        inspect(each, { depth: Infinity, showHidden: true }),
        JSON.stringify(each),
        JSON.stringify({ ...each }), // oxlint-disable-line no-misused-spread -- that is what is tried
        Object.getOwnPropertyNames(each).join(),
        Object.prototype.toString.call(each),
      ].join('\n')
      expect(shown).not.toMatch(/test-token|of-a-user/)
    }
    expect({ ...client }).toEqual({}) // oxlint-disable-line no-misused-spread
  })
})

describe('features', () => {
  it('are none for the original, and are found out on first use', async () => {
    await using service = await serve()
    await using client = clientOf(service, plain)
    expect(await client.features()).toEqual(new Set())
    expect(await client.features()).toEqual(new Set())
    expect(service.requests).toHaveLength(1)
  })

  it('are whatever the service names, also what nobody knows yet', async () => {
    await using service = await serve(undefined, { features: 'idempotent-commissions, of-next-year,,' })
    await using client = clientOf(service, plain)
    const features = await client.features()
    expect([...features]).toEqual(['idempotent-commissions', 'of-next-year'])
    // A copy: nobody can talk the client into sending what the service does not know.
    ;(features as Set<string>).add('commission-leases')
    expect(await client.features()).not.toContain('commission-leases')
    expect(await client.withToken('u').features()).toContain('of-next-year')
  })

  it('that an option needs and the service lacks are NotSupported, and nothing but discovery is sent', async () => {
    await using service = await serve(undefined, { features: 'resolved-commissions' })
    await using client = clientOf(service, plain)
    for (const [options, feature] of [
      [{ idempotencyKey: 'k' }, 'idempotent-commissions'],
      [{ leaseSeconds: 5 }, 'commission-leases'],
    ] as const) {
      for (const call of [
        client.issueOneCommission('u', 'p', {}, options),
        client.issueOneCommission('u', [], options),
        client.issueCommissionGeneric([], [], options),
        client.issueResourceReassignment('u', [], options),
      ]) {
        // oxlint-disable-next-line no-await-in-loop -- a few
        const error = await failure(call)
        expect(error).toBeInstanceOf(NotSupported)
        expect(error).toMatchObject({
          name: 'NotSupported',
          feature,
          method: 'POST',
          path: '/commissions',
          outcome: 'none',
          retryable: false,
        })
      }
    }
    expect(service.calls).toEqual([])
  })
})
