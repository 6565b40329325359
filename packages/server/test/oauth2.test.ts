import { setTimeout as pause } from 'node:timers/promises'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startWorldService, type WorldService } from '../scripts/world-service.ts'
import { sql } from '../src/db/statement.ts'
import { addClient } from '../src/oauth2/clients.ts'
import { cleanUpGrants, endGrantsOf } from '../src/oauth2/tokens.ts'
import { activateUser, deactivateUser } from '../src/operations/activation.ts'
import { renewToken } from '../src/operations/users.ts'
import { Browser, TLS } from './support/browser.ts'
import { send, type Reply } from './support/http.ts'
import { migrated } from './support/migrated.ts'
import { databases, freshDatabase, startServer } from './support/postgres.ts'
import { WORLD } from './support/world.ts'

/** What the recordings of the original do not hold, or the original does otherwise. OAuth2 specification. */

const CALLBACK = 'https://conf.example.org/callback'
const OTHER = 'https://conf.example.org/other'
const SECRET = 'conf-app-secret'
const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

const basic = (identifier: string, secret: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${identifier}:${secret}`).toString('base64')}`,
})
const CONF = basic('conf-app', SECRET)
const TRUSTED = basic('trusted-app', 'trusted-app-secret')

for (const database of databases.slice(0, 1)) {
  describe(`OAuth2 on ${database.name}`, () => {
    let service: WorldService
    let names: Record<string, string>
    let base: string
    let alice: Browser

    beforeAll(async () => {
      const { connection } = await freshDatabase(await startServer(database), migrated)
      service = await startWorldService(connection)
      base = service.origin + service.basePath
    })
    beforeEach(async () => {
      names = await service.load(WORLD)
      alice = await signedIn('alice')
    })
    afterAll(() => service[Symbol.asyncDispose]())

    const signedIn = async (name: string): Promise<Browser> => {
      const browser = new Browser(base)
      expect((await browser.signIn(`${name}@example.org`, `${name}-pass-1`)).status).toBe(302)
      return browser
    }
    const auth = (browser: Browser, parameters: Record<string, string>, headers = {}): Promise<Reply> =>
      browser.get(`/oauth2/auth?${new URLSearchParams(parameters).toString()}`, headers)
    const token = (fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Reply> =>
      send('POST', `${base}/oauth2/token`, {
        headers: { ...TLS, 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams(fields).toString(),
      })
    const redeem = (code: string, fields: Record<string, string> = {}, headers = CONF): Promise<Reply> =>
      token({ grant_type: 'authorization_code', code, ...fields }, headers)
    const validate = (accessToken: string, query = ''): Promise<Reply> =>
      send('GET', `${base}/identity/v2.0/tokens/${accessToken}${query}`)

    const refusal = ({ status, headers, json }: Reply): string => {
      expect(status).toBe(400)
      expect(headers['content-type']).toMatch(/^application\/json/)
      expect(headers.location).toBeUndefined()
      const { error, exception, ...rest } = json as Record<string, string>
      expect(error).toBe('generic_error')
      expect(rest).toEqual({})
      return exception ?? ''
    }
    const codeIn = ({ status, headers }: Reply): string => {
      expect(status).toBe(302)
      const code = new URL(headers.location ?? '').searchParams.get('code')
      expect(code).toMatch(/^[A-Za-z0-9]{60}$/)
      return code ?? ''
    }
    const tokenIn = ({ status, json }: Reply): string => {
      expect(status).toBe(200)
      const { access_token: accessToken } = json as { access_token: string }
      expect(accessToken).toMatch(/^[A-Za-z0-9]{30}$/)
      return accessToken
    }
    /** As if the person had pressed the button. */
    const consent = (parameters: Record<string, string>, browser = alice): Promise<Reply> =>
      browser.post(
        '/oauth2/auth',
        { response_type: 'code', client_id: 'conf-app', ...parameters },
        { 'x-csrftoken': browser.cookie('csrftoken') ?? '' },
      )
    const validity = async (accessToken: string): Promise<number> => (await validate(accessToken)).status
    const rows = async (table: string): Promise<number> => {
      const [row] = await service.service.database.query<{ rows: bigint }>(sql(`select count(*) as rows from ${table}`))
      return Number(row?.rows)
    }

    it('refuses at the authorization endpoint in the order of the specification', async () => {
      const ask: Record<string, string> = { redirect_uri: '' }
      let headers: Record<string, string> = { 'x-forwarded-protocol': 'http', ...basic('conf-app', 'wrong') }
      const now = async (): Promise<string> => refusal(await auth(alice, ask, headers))

      expect(await now()).toBe('Secure request required')
      headers = basic('conf-app', 'wrong')
      expect(await now()).toBe('Missing authorization type')
      ask['response_type'] = 'token'
      expect(await now()).toBe('Unsupported authorization type')
      ask['response_type'] = 'id_token'
      expect(await now()).toBe('Invalid authorization type')
      ask['response_type'] = 'code'
      expect(await now()).toBe('Client identification is required')
      ask['client_id'] = 'nobody'
      expect(await now()).toBe('Client identification conflicts with client authorization')
      headers = basic('nobody', 'wrong')
      expect(await now()).toBe('No such client found')
      ask['client_id'] = 'conf-app'
      headers = basic('conf-app', 'wrong')
      expect(await now()).toBe('Invalid credentials')
      headers = CONF
      expect(await now()).toBe('Redirect uri should be an absolute URI')
      ask['redirect_uri'] = `https://evil.example.org/${'a'.repeat(5000)}`
      expect(await now()).toBe('Redirect uri length limit exceeded')
      ask['redirect_uri'] = 'https://evil.example.org/'
      expect(await now()).toBe('Mismatching redirect uri')
      ask['redirect_uri'] = `${CALLBACK}/%2e%2e/other`
      expect(await now()).toBe('Mismatching redirect uri')
      delete ask['redirect_uri']
      expect((await auth(alice, ask, headers)).status).toBe(200)
      expect(refusal(await auth(alice, { ...ask, client_id: 'no-uri-app' }))).toBe(
        'Unable to fallback to client redirect URI',
      )
      expect(refusal(await auth(alice, { ...ask, client_id: 'public-app' }, basic('public-app', '')))).toBe(
        'Invalid credentials',
      )
      expect(await rows('oauth2_codes')).toBe(0)
    })

    it('refuses at the token endpoint in the order of the specification', async () => {
      const code = codeIn(await consent({ redirect_uri: OTHER }))
      const ask: Record<string, string> = {}
      let headers: Record<string, string> = { 'x-forwarded-protocol': 'http', 'content-type': 'text/plain' }
      const now = async (): Promise<string> => refusal(await token(ask, headers))

      expect(await now()).toBe('Secure request required')
      headers = { 'content-type': 'text/plain' }
      expect(await now()).toBe('Invalid Content-Type header')
      headers = {}
      expect(await now()).toBe('Missing grant type')
      for (const type of ['client_credentials', 'token', 'https://x.org/', 'HTTP://x/', 'ftp://x.org/y']) {
        ask['grant_type'] = type
        expect(await now()).toBe('Unsupported grant type')
      }
      for (const type of ['password', 'refresh_token', 'http:', 'urn:x']) {
        ask['grant_type'] = type
        expect(await now()).toBe('Invalid grant type')
      }
      ask['grant_type'] = 'authorization_code'
      expect(await now()).toBe('Missing client identification')
      headers = { authorization: 'Basic %%%' }
      expect(await now()).toBe('Missing client identification')
      ask['client_id'] = 'nobody'
      headers = basic('conf-app', 'wrong')
      expect(await now()).toBe('Client identification conflicts with client authorization')
      headers = {}
      expect(await now()).toBe('No such client found')
      ask['client_id'] = 'conf-app'
      expect(await now()).toBe('Client authentication is required')
      headers = { authorization: 'Bearer x' }
      expect(await now()).toBe('Client authentication is required')
      headers = basic('conf-app', 'wrong')
      expect(await now()).toBe('Invalid credentials')
      headers = CONF
      expect(await now()).toBe('Missing authorization code')
      ask['code'] = 'x'
      ask['redirect_uri'] = ''
      expect(await now()).toBe('No such authorization code')
      ask['code'] = code
      headers = TRUSTED
      ask['client_id'] = 'trusted-app'
      expect(await now()).toBe('Mismatching client with code client')
      headers = CONF
      ask['client_id'] = 'conf-app'
      expect(await now()).toBe('Redirect uri should be an absolute URI')
      ask['redirect_uri'] = `https://evil.example.org/${'a'.repeat(5000)}`
      expect(await now()).toBe('Redirect uri length limit exceeded')
      ask['redirect_uri'] = 'https://evil.example.org/'
      expect(await now()).toBe('Mismatching redirect uri')
      ask['redirect_uri'] = CALLBACK
      expect(await now()).toBe('Invalid redirect uri')
      delete ask['redirect_uri']
      expect(await now()).toBe('The redirect uri does not match the one used during authorization')
      ask['redirect_uri'] = OTHER
      ask['code_verifier'] = 'a'.repeat(43)
      expect(await now()).toBe('No code challenge was used during authorization')
      delete ask['code_verifier']
      expect(await rows('oauth2_tokens')).toBe(0)
      const answer = await token(ask, headers)
      expect(answer.json).toEqual({ access_token: tokenIn(answer), token_type: 'Bearer', expires_in: 20 })
      expect(answer.headers['content-type']).toMatch(/^application\/json/)
      expect(answer.headers['cache-control']).toBe('no-store')
    })

    it('tells other methods of the token endpoint which one it wants, and wants a token of its form for consent', async () => {
      for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
        const { status, headers, text } = await send(method, `${base}/oauth2/token/`, { headers: TLS })
        expect([status, headers.allow, text], method).toEqual([405, 'POST', ''])
      }
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
        const { status, headers } = await send(method, `${base}/oauth2/auth`, { headers: TLS })
        expect([status, headers.location], method).toEqual([403, undefined])
      }
      expect(
        (await send('HEAD', `${base}/oauth2/auth/?response_type=code&client_id=conf-app`, { headers: TLS })).status,
      ).toBe(302)
    })

    it('takes a form whatever the parameters and the case of its type', async () => {
      const code = codeIn(await consent({}))
      const type = { ...CONF, 'content-type': 'Application/X-WWW-Form-Urlencoded; charset=UTF-8' }
      tokenIn(await redeem(code, {}, type))
    })

    it('knows clients whose secrets hold colons', async () => {
      await service.service.database.transaction((tx) =>
        addClient(tx, service.secretKey, {
          identifier: 'colons',
          secret: 'a:b:',
          isConfidential: true,
          isTrusted: true,
          redirectUris: [CALLBACK],
        }),
      )
      const code = codeIn(await auth(alice, { response_type: 'code', client_id: 'colons' }))
      expect(refusal(await redeem(code, {}, basic('colons', 'a:b')))).toBe('Invalid credentials')
      tokenIn(await redeem(code, {}, basic('colons', 'a:b:')))
    })

    it('adds no client that could not be used', async () => {
      const good = { identifier: 'new', secret: 'x', isConfidential: true, isTrusted: false, redirectUris: [CALLBACK] }
      const bad = [
        { identifier: 'a:b' },
        { identifier: '' },
        { secret: '' },
        { secret: null },
        { redirectUris: ['/callback'] },
        { redirectUris: [`${CALLBACK}/../x`] },
      ]
      const { database: on } = service.service
      for (const change of bad)
        await expect(on.transaction((tx) => addClient(tx, service.secretKey, { ...good, ...change }))).rejects.toThrow(
          RangeError,
        )
      await on.transaction((tx) => addClient(tx, service.secretKey, { ...good, redirectUris: [OTHER, CALLBACK] }))
      const { json } = await auth(alice, { response_type: 'code', client_id: 'new' })
      expect(json).toMatchObject({ redirect_uri: OTHER })
    })

    describe('with a standard client', () => {
      const standard = (): {
        server: oauth.AuthorizationServer
        options: { [oauth.allowInsecureRequests]: true; [oauth.customFetch]: typeof fetch }
      } => ({
        server: {
          issuer: service.origin,
          authorization_endpoint: `${base}/oauth2/auth`,
          token_endpoint: `${base}/oauth2/token`,
        },
        options: {
          [oauth.allowInsecureRequests]: true,
          // The proxy's word, as in production.
          [oauth.customFetch]: (url, init) => {
            const headers = new Headers(init?.headers)
            headers.set('x-forwarded-protocol', 'https')
            return fetch(url, { ...init, headers })
          },
        },
      })

      it('grants a confidential client a token, without PKCE', async () => {
        const { server, options } = standard()
        await service.service.database.transaction((tx) =>
          addClient(tx, service.secretKey, {
            identifier: 'webapp',
            secret: 'Secret1',
            isConfidential: true,
            isTrusted: false,
            redirectUris: [CALLBACK],
          }),
        )
        const client = { client_id: 'webapp' }
        const state = oauth.generateRandomState()
        const asked = { response_type: 'code', client_id: 'webapp', redirect_uri: CALLBACK, state }
        const { headers } = await alice.submit(await auth(alice, asked, HTML))
        const parameters = oauth.validateAuthResponse(server, client, new URL(headers.location ?? ''), state)
        const response = await oauth.authorizationCodeGrantRequest(
          server,
          client,
          oauth.ClientSecretBasic('Secret1'),
          parameters,
          CALLBACK,
          oauth.nopkce,
          options,
        )
        const result = await oauth.processAuthorizationCodeResponse(server, client, response)
        expect(result).toMatchObject({ token_type: 'bearer', expires_in: 20 })
        expect(await validity(result.access_token)).toBe(200)
      })

      it('grants a public client a token, with PKCE', async () => {
        const { server, options } = standard()
        const client = { client_id: 'public-app' }
        const redirectUri = 'https://public.example.org/app'
        const [state, verifier] = [oauth.generateRandomState(), oauth.generateRandomCodeVerifier()]
        const asked = {
          response_type: 'code',
          client_id: 'public-app',
          redirect_uri: redirectUri,
          state,
          code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
        }
        const { headers } = await alice.submit(await auth(alice, asked, HTML))
        const parameters = oauth.validateAuthResponse(server, client, new URL(headers.location ?? ''), state)
        const redeemWith = (proof: string | typeof oauth.nopkce): Promise<Response> =>
          oauth.authorizationCodeGrantRequest(server, client, oauth.None(), parameters, redirectUri, proof, options)

        const exceptionOf = async (response: Response): Promise<unknown> =>
          ((await response.json()) as { exception: unknown }).exception
        expect(await exceptionOf(await redeemWith(oauth.nopkce))).toBe('Missing code verifier')
        expect(await exceptionOf(await redeemWith(oauth.generateRandomCodeVerifier()))).toBe('Invalid code verifier')
        const result = await oauth.processAuthorizationCodeResponse(server, client, await redeemWith(verifier))
        expect(await validity(result.access_token)).toBe(200)
      })
    })

    it('takes S256 challenges alone', async () => {
      const ask = { response_type: 'code', client_id: 'public-app' }
      const challenge = 'a'.repeat(43)
      expect(refusal(await auth(alice, { ...ask, code_challenge: challenge }))).toBe(
        'Unsupported code challenge method',
      )
      expect(refusal(await auth(alice, { ...ask, code_challenge: challenge, code_challenge_method: 'plain' }))).toBe(
        'Unsupported code challenge method',
      )
      expect(refusal(await auth(alice, { ...ask, code_challenge_method: 'S256' }))).toBe('Missing code challenge')
      expect(refusal(await auth(alice, { ...ask, code_challenge: 'a', code_challenge_method: 'S256' }))).toBe(
        'Invalid code challenge',
      )
      expect((await auth(alice, { ...ask, code_challenge: challenge, code_challenge_method: 'S256' })).status).toBe(200)
    })

    describe('consent', () => {
      const ask = {
        response_type: 'code',
        client_id: 'conf-app',
        redirect_uri: `${CALLBACK}/p?x=2&x=1`,
        scope: 'read write',
        state: `"><script>&`,
      }

      it('is asked for by a page that says who asks, where it leads and how to refuse', async () => {
        const page = await auth(alice, ask, HTML)
        expect(page.status).toBe(200)
        expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
        expect(page.text).toContain('<strong>conf-app</strong>')
        expect(page.text).toContain('<code>https://conf.example.org</code>')
        expect(page.text).toContain('<code>read</code>')
        expect(page.text).not.toContain('<script')
        const [, refusing = ''] = /<a href="([^"]*)">Do not allow<\/a>/.exec(page.text) ?? []
        expect(refusing).toBe(`${base}/ui/landing`)
        expect(page.headers['content-security-policy']).toContain("form-action 'self' https://conf.example.org")
        expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'")
        expect(page.headers['x-frame-options']).toBe('DENY')
        expect(await rows('oauth2_codes')).toBe(0)
      })

      it('is given by its form, for what was shown', async () => {
        const answer = await alice.submit(await auth(alice, ask, HTML))
        const code = codeIn(answer)
        expect(answer.headers.location).toBe(`${CALLBACK}/p?x=2&x=1&state=%22%3E%3Cscript%3E%26&code=${code}`)
        const accessToken = tokenIn(await redeem(code, { redirect_uri: `${CALLBACK}/p?x=1&x=2` }))
        expect((await validate(accessToken, '?belongsTo=reading')).status).toBe(200)
        expect((await validate(accessToken, '?belongsTo=write')).status).toBe(404)
      })

      it('is JSON for everybody else', async () => {
        for (const accept of ['*/*', 'application/json', 'application/json, text/html']) {
          const { json } = await auth(alice, ask, { accept })
          expect(json).toEqual({ client: 'conf-app', redirect_uri: ask.redirect_uri, scope: 'read', state: ask.state })
        }
      })

      it('wants a token of its form that belongs to this browser', async () => {
        const bob = await signedIn('bob')
        const page = await auth(bob, ask, HTML)
        const foreign = [
          await alice.post('/oauth2/auth', ask),
          await alice.submit(page),
          await alice.post('/oauth2/auth', ask, { 'x-csrftoken': bob.cookie('csrftoken') ?? '' }),
          await alice.post('/oauth2/auth', ask, {
            'x-csrftoken': alice.cookie('csrftoken') ?? '',
            referer: 'https://evil.example.org/',
          }),
          await alice.post('/oauth2/auth', ask, {
            'x-csrftoken': alice.cookie('csrftoken') ?? '',
            origin: 'https://evil.example.org',
          }),
        ]
        for (const { status, headers } of foreign) expect([status, headers.location]).toEqual([403, undefined])
        expect(await rows('oauth2_codes')).toBe(0)
      })

      it('can not be had with other parameters than those that are checked', async () => {
        expect(refusal(await consent({ redirect_uri: 'https://evil.example.org/' }))).toBe('Mismatching redirect uri')
        expect(refusal(await consent({ redirect_uri: `${CALLBACK}/..%2fother` }))).toBe('Mismatching redirect uri')
        expect(refusal(await consent({ redirect_uri: `${CALLBACK}/\r\nset-cookie: a=b` }))).toBe(
          'Mismatching redirect uri',
        )
        expect(refusal(await consent({ state: 'x'.repeat(6000) }))).toBe('Parameter length limit exceeded')
      })
    })

    it('sends nobody but who is signed in and agreed to the terms on to a client', async () => {
      const ask = { response_type: 'code', client_id: 'trusted-app', state: 'a b' }
      const stranger = await auth(new Browser(base), ask)
      const next = encodeURIComponent(
        `${service.basePath}/oauth2/auth?response_type=code&client_id=trusted-app&state=a+b`,
      )
      expect(stranger.headers.location).toBe(`${base}/ui/login?next=${next.replaceAll('%2F', '/')}`)
      const heidi = await auth(await signedIn('heidi'), ask)
      expect(heidi.status).toBe(302)
      expect(heidi.headers.location?.startsWith(`${base}/ui/approval_terms?next=`)).toBe(true)
      expect(await rows('oauth2_codes')).toBe(0)
    })

    it('keeps texts that no database holds out of it', async () => {
      const ask = { response_type: 'code', client_id: 'conf-app' }
      expect(refusal(await auth(alice, { ...ask, client_id: '\0' }))).toBe('No such client found')
      expect(refusal(await token({ grant_type: 'authorization_code', client_id: 'a\0' }))).toBe('No such client found')
      codeIn(await consent({ scope: 'a\0b', state: '\0' }))
      expect(refusal(await alice.get('/oauth2/auth?response_type=code&client_id=%ff'))).toBe('No such client found')
    })

    describe('a code', () => {
      it('is good once, and a second use by somebody else ends what it was redeemed for', async () => {
        const redirect = { redirect_uri: 'https://public.example.org/' }
        const code = codeIn(await consent({ client_id: 'public-app', ...redirect }))
        const again = { client_id: 'public-app', ...redirect }
        const accessToken = tokenIn(await redeem(code, again, {}))
        expect(await validity(accessToken)).toBe(200)
        expect(refusal(await redeem(code, again, {}))).toBe('No such authorization code')
        expect(await validity(accessToken)).toBe(404)
        expect(refusal(await redeem(code, again, {}))).toBe('No such authorization code')
      })

      it('that another client brings after it was redeemed ends its token, too', async () => {
        const code = codeIn(await consent({}))
        const accessToken = tokenIn(await redeem(code))
        expect(refusal(await redeem(code, {}, TRUSTED))).toBe('No such authorization code')
        expect(await validity(accessToken)).toBe(404)
      })

      it('that a client with a secret brings twice is refused, and its token goes on', async () => {
        const code = codeIn(await consent({}))
        const accessToken = tokenIn(await redeem(code))
        expect(refusal(await redeem(code))).toBe('No such authorization code')
        expect(await validity(accessToken)).toBe(200)
      })

      it('gives one token to many that come at once', async () => {
        const redirect = { redirect_uri: 'https://public.example.org/' }
        const code = codeIn(await consent({ client_id: 'public-app', ...redirect }))
        const answers = await Promise.all(
          Array.from({ length: 12 }, () => redeem(code, { client_id: 'public-app', ...redirect }, {})),
        )
        const [good, bad] = [
          answers.filter(({ status }) => status === 200),
          answers.filter(({ status }) => status !== 200),
        ]
        expect(good).toHaveLength(1)
        for (const answer of bad) expect(refusal(answer)).toBe('No such authorization code')
        expect(await rows('oauth2_tokens')).toBe(0)
      })

      it('that is redeemed while the token of its user is renewed waits for that, and not each for the other', async () => {
        const code = codeIn(await consent({}))
        const { database: on } = service.service
        const waiting = async (): Promise<boolean> =>
          (
            await on.query(
              sql("select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"),
            )
          ).length > 0
        const answer = await on.transaction(async (tx) => {
          const [user] = await tx.query<{ id: bigint }>(sql('select id from users where uuid = $1 for update'), [
            names['uuid:alice'],
          ])
          const asked = redeem(code)
          while (!(await waiting())) await pause(5)
          await endGrantsOf(tx, user?.id ?? 0n)
          return { asked }
        })
        expect(refusal(await answer.asked)).toBe('No such authorization code')
        expect(await rows('oauth2_tokens')).toBe(0)
      })

      it('of another client is refused, and still good for its own', async () => {
        const code = codeIn(await consent({}))
        expect(refusal(await redeem(code, {}, TRUSTED))).toBe('Mismatching client with code client')
        expect(refusal(await redeem(code, { client_id: 'public-app' }, {}))).toBe('Mismatching client with code client')
        tokenIn(await redeem(code))
      })

      it('expires after ten minutes', async () => {
        const code = codeIn(await consent({}))
        const [{ seconds } = { seconds: 0 }] = await service.service.database.query<{ seconds: number }>(
          sql('select extract(epoch from expires - now())::float8 as seconds from oauth2_codes'),
        )
        expect(seconds).toBeGreaterThan(0)
        expect(seconds).toBeLessThanOrEqual(600)
        await service.service.database.query(sql('update oauth2_codes set expires = now()'))
        expect(refusal(await redeem(code))).toBe('No such authorization code')
        expect(await rows('oauth2_tokens')).toBe(0)
      })

      it('ends with signing out, with a new token and with the account', async () => {
        const atLogout = codeIn(await consent({}))
        await alice.get('/ui/logout')
        expect(refusal(await redeem(atLogout))).toBe('No such authorization code')

        const bob = await signedIn('bob')
        const atRenewal = codeIn(await consent({}, bob))
        const later = new Date(Date.now() + 60_000)
        const { database: on } = service.service
        await on.transaction((tx) => renewToken(tx, service.secretKey, names['uuid:bob'] ?? '', later))
        expect(refusal(await redeem(atRenewal))).toBe('No such authorization code')

        const again = await signedIn('bob')
        const atEnd = codeIn(await consent({}, again))
        await on.transaction((tx) => deactivateUser(tx, names['uuid:bob'] ?? '', 'gone'))
        expect(refusal(await redeem(atEnd))).toBe('No such authorization code')
        expect((await auth(again, { response_type: 'code', client_id: 'trusted-app' })).headers.location).toContain(
          '/ui/login',
        )
        // Also where it was only switched off.
        await on.transaction((tx) => activateUser(tx, names['uuid:bob'] ?? ''))
        const quiet = codeIn(await consent({}, await signedIn('bob')))
        await on.query(sql('update users set is_active = false where uuid = $1'), [names['uuid:bob']])
        expect(refusal(await redeem(quiet))).toBe('No such authorization code')
        expect(await rows('oauth2_tokens')).toBe(0)
      })
    })

    describe('an access token', () => {
      const issue = async (browser = alice): Promise<string> =>
        tokenIn(await redeem(codeIn(await consent({}, browser))))

      it('tells whose it is, as JSON and as XML', async () => {
        const accessToken = await issue()
        const { json } = await validate(accessToken)
        const uuid = names['uuid:alice']
        expect(json).toEqual({
          access: {
            token: {
              id: accessToken,
              expires: expect.stringMatching(/^\d{4}-.*\+00:00$/) as string,
              tenant: { id: uuid, name: 'Alice Liddell' },
            },
            user: { id: uuid, name: 'Alice Liddell', roles: [], roles_links: [] },
          },
        })
        const { text, headers } = await validate(accessToken, '?format=xml')
        expect(headers['content-type']).toBe('application/xml; charset=UTF-8')
        expect(text).toMatch(/<token id="\w{30}" expires="\d{4}-\d\d-\d\dT[\d:.]+\+00:00">/)
        expect(text).not.toContain('<service ')
      })

      it('is told once that it has expired', async () => {
        const accessToken = await issue()
        await service.service.database.query(sql('update oauth2_tokens set expires = now()'))
        const message = async (): Promise<unknown> => (await validate(accessToken)).json
        expect(await message()).toMatchObject({ itemNotFound: { code: 404, message: 'Token has expired' } })
        expect(await message()).toMatchObject({ itemNotFound: { code: 404, message: 'No such token' } })
        expect(await rows('oauth2_tokens')).toBe(0)
      })

      it('is no token of a user', async () => {
        const accessToken = await issue()
        const headers = { 'x-auth-token': accessToken }
        expect((await send('GET', `${base}/account/v1.0/quotas`, { headers })).status).toBe(401)
        expect((await validate(names['token:alice'] ?? '')).status).toBe(404)
      })

      it('is unknown while its user is not active', async () => {
        const accessToken = await issue(await signedIn('bob'))
        await service.service.database.query(sql('update users set is_active = false where uuid = $1'), [
          names['uuid:bob'],
        ])
        expect((await validate(accessToken)).json).toMatchObject({ itemNotFound: { message: 'No such token' } })
      })

      it('ends with signing out', async () => {
        const accessToken = await issue()
        await alice.get('/ui/logout')
        expect(await validity(accessToken)).toBe(404)
      })
    })

    it('keeps neither secrets nor codes nor tokens that could be used', async () => {
      const code = codeIn(await consent({}))
      const accessToken = tokenIn(await redeem(code))
      for (const table of ['oauth2_clients', 'oauth2_codes', 'oauth2_tokens']) {
        const dump = await service.service.database.query<{ row: string }>(
          sql(`select t::text as row from ${table} as t`),
        )
        const text = JSON.stringify(dump)
        expect(dump.length).toBeGreaterThan(0)
        const hex = (secret: string): string => Buffer.from(secret).toString('hex')
        for (const secret of [SECRET, code, accessToken]) {
          expect(text).not.toContain(secret)
          expect(text).not.toContain(hex(secret))
        }
      }
    })

    it('throws away what has expired for long', async () => {
      const code = codeIn(await consent({}))
      tokenIn(await redeem(code))
      await cleanUpGrants(service.service.database)
      expect([await rows('oauth2_codes'), await rows('oauth2_tokens')]).toEqual([1, 1])
      await service.service.database.query(sql("update oauth2_codes set expires = now() - interval '2 hours'"))
      await service.service.database.query(sql("update oauth2_tokens set expires = now() - interval '2 hours'"))
      await cleanUpGrants(service.service.database)
      expect([await rows('oauth2_codes'), await rows('oauth2_tokens')]).toEqual([0, 0])
    })
  })
}
