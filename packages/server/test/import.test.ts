import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../src/config.ts'
import { activateUser } from '../src/operations/activation.ts'
import { startServer as startService, type RunningServer } from '../src/serve.ts'
import { Browser } from './support/browser.ts'
import { dumpOf } from './support/dump.ts'
import { send, type Reply } from './support/http.ts'
import { ask, importFolder, optionsOf, runImport } from './support/imports.ts'
import { migrated } from './support/migrated.ts'
import { NEXT, originalDatabase, passwordOf, projectId, tokenOf, userId, uuidOf } from './support/original-database.ts'
import { databases, freshDatabase, startServer, type Connection } from './support/postgres.ts'

type Quotas = Record<string, Record<string, Record<string, number | bigint>>>

for (const database of databases.slice(0, 1))
  describe(`an original on ${database.name}, moved over`, () => {
    let folder: string
    let from: Connection
    let to: Connection
    let report: string
    let service: RunningServer

    beforeAll(async () => {
      const server = await startServer(database)
      folder = importFolder()
      writeFileSync(
        join(folder, 'second.html'),
        '<html><head><title>x</title><script>alert("&lt;")</script></head><body><h1>Terms</h1><p>Be\nnice &amp; <b>kind</b>.</p><ul><li>One<li>&#84;wo</ul></body></html>',
      )
      from = (await freshDatabase(server, originalDatabase)).connection
      to = (await freshDatabase(server, migrated)).connection
      report = await runImport(from, to, folder, '--terms-dir', folder)
      const options = ['--listen', '127.0.0.1:0', '--insecure-cookies', '--log-level', 'error']
      const admins = ['--project-admins', uuidOf('user', 4)]
      service = await startService(readConfig([...optionsOf(to, folder), ...options, ...admins], {}))
    })
    afterAll(async () => {
      await service.stop()
      rmSync(folder, { recursive: true })
    })

    const call = (method: string, path: string, who: string | number, body?: unknown): Promise<Reply> =>
      send(method, `${service.baseUrl}/account/v1.0/${path}`, {
        headers: { 'x-auth-token': tokenOf(who), 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
    const tokens = (token: string): Promise<Reply> =>
      send('POST', service.authUrl + '/tokens', {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ auth: { token: { id: token } } }),
      })

    it('is told of in a report, without secrets', async () => {
      expect(report).toMatch(/^Carried\n +1000 {2}users\n/)
      for (const line of [
        '11126  holdings',
        '3000  provision log',
        '1  users: the login name is in lower case now',
        '1  endpoints: of the component astakos, now at the path that this service has for them',
        '1  passwords: of a format that is not known here: these users have to set a new one',
        '1  terms: their file is not in --terms-dir',
        '11130 compared: 2 have another limit, 4 are missing, 2 are of holders, projects or resources that are gone; none was mended',
        `project:${uuidOf('project', 9)} - cyclades.vm: carried 47, computed 40`,
        '--project-admins (ASTAKOS_PROJECT_ADMINS',
        '1 users and 0 components have tokens of fewer than 22 characters',
        '1 users have a login name that is not their address',
        '2 active users have no local way to sign in',
        'The component astakos is at https://accounts.old.example/astakos',
      ])
        expect(report).toContain(line)
      expect(report).toMatch(/\n11124 quotas compared, 0 differ\nImported\n$/)
      const dump = await dumpOf(to)
      for (const secret of [
        tokenOf(4),
        tokenOf('cyclades'),
        'a secret',
        'moderated secret',
        'moderated password',
        'code-20',
      ]) {
        expect(report.includes(secret), secret).toBe(false)
        expect(dump.includes(secret), secret).toBe(false)
      }
    })

    it('keeps the tokens of users, short ones too', async () => {
      expect((await call('GET', 'quotas', 4)).status).toBe(200)
      expect((await tokens('short')).status).toBe(200)
      const { json } = await tokens(tokenOf(6))
      expect(json).toMatchObject({
        access: {
          token: {
            expires: '2099-01-01T00:00:00.250000+00:00',
            tenant: { id: uuidOf('user', 6), name: 'First6 Läst6' },
          },
          user: { id: uuidOf('user', 6), roles: [{ id: '2', name: 'admin-api' }] },
        },
      })
      const refused = async (number: number): Promise<string> =>
        ((await tokens(tokenOf(number))).json as { unauthorized: { message: string } }).unauthorized.message
      expect(await refused(12)).toBe('Authentication expired')
      expect(await refused(11)).toBe('Authentication expired')
      expect(await refused(20)).toBe('User inactive')
      expect(await refused(44)).toBe('Pending approval terms')
    })

    it('keeps passwords of every format, and makes them anew', async () => {
      for (const number of [4, 5, 6]) {
        const browser = new Browser(service.baseUrl, {})
        const { status } = await browser.signIn(`user${number}@example.org`, passwordOf(number))
        expect([number, status]).toEqual([number, 302])
        // The token that its cookie shows is the old one.
        expect(decodeURIComponent(browser.cookie('_pithos2_a') ?? '')).toBe(
          `${uuidOf('user', number)}|${tokenOf(number)}`,
        )
      }
      for (const number of [7, 8, 9])
        expect(
          (await new Browser(service.baseUrl, {}).signIn(`user${number}@example.org`, passwordOf(number))).status,
        ).toBe(200)
      const stored = await ask<{ password: string | null }>(
        to,
        `select password from users where id in (${[4, 5, 6, 7, 8].map(userId).join()}) order by id`,
      )
      expect(stored.map(({ password }) => password?.split('$')[0] || password?.slice(1, 7) || null)).toEqual([
        'scrypt',
        'scrypt',
        'scrypt',
        null,
        null,
      ])
    })

    it('takes the code of a mail that was sent before', async () => {
      const prove = (code: string): Promise<Reply> => send('GET', `${service.baseUrl}/ui/activate?auth=${code}`)
      const verified = `select email_verified from users where id = ${userId(20)}`
      await prove('used-21')
      expect(await ask(to, verified)).toEqual([{ email_verified: false }])
      await prove('code-20')
      expect(await ask(to, verified)).toEqual([{ email_verified: true }])
      // Sent years ago.
      expect((await prove('code-40')).status).toBe(400)
    })

    it('answers every quota as the holdings of the original say', async () => {
      const rows = await ask<Record<'user' | 'project' | 'resource' | 'numbers', string>>(
        from,
        `select split_part(h.holder, ':', 2) as user, split_part(h.source, ':', 2) as project, h.resource,
                concat_ws(' ', h."limit", h.usage_max, h.usage_max - h.usage_min, p."limit", p.usage_max, p.usage_max - p.usage_min)
                  as numbers
           from quotaholder_app_holding as h
           join quotaholder_app_holding as p on p.holder = h.source and p.source is null and p.resource = h.resource
          where h.resource in ('cyclades.vm', 'cyclades.total_ram') and h.holder <> 'user:gone'`,
      )
      const quotas = (await call('GET', 'service_quotas', 'cyclades')).json as Record<string, Quotas>
      const answered = Object.entries(quotas).flatMap(([user, projects]) =>
        Object.entries(projects).flatMap(([project, resources]) =>
          Object.entries(resources).map(
            ([resource, numbers]) => `${user} ${project} ${resource} ${Object.values(numbers).join(' ')}`,
          ),
        ),
      )
      const expected = rows.map(({ user, project, resource, numbers }) => `${user} ${project} ${resource} ${numbers}`)
      expect(answered.toSorted()).toEqual(expected.toSorted())
      expect(answered.length).toBeGreaterThan(3000)
    })

    it('lets components go on with their tokens: pending commissions end, and serials continue', async () => {
      const own = uuidOf('user', 6)
      const vms = async (): Promise<unknown> => ((await call('GET', 'quotas', 6)).json as Quotas)[own]?.['cyclades.vm']
      const before = (await vms()) as { usage: number; pending: number }
      expect(before.pending).toBe(3)
      expect((await call('GET', 'commissions', 'cyclades')).json).toEqual([4001, 4003, 4010])
      expect((await call('GET', 'commissions/4001', 'cyclades')).json).toEqual({
        serial: 4001,
        issue_time: '2026-01-01T10:00:00.123456+00:00',
        name: 'one vm',
        provisions: [
          { holder: `user:${own}`, source: `project:${own}`, resource: 'cyclades.vm', quantity: 2 },
          { holder: `project:${own}`, source: null, resource: 'cyclades.vm', quantity: 2 },
        ],
      })
      expect((await call('POST', 'commissions/4001/action', 'pithos', { accept: '' })).status).toBe(404)
      expect((await call('POST', 'commissions/4001/action', 'cyclades', { accept: '' })).status).toBe(200)
      expect(await vms()).toMatchObject({ usage: before.usage, pending: 1 })
      const ended = { accept: [4003], reject: [4010] }
      expect((await call('POST', 'commissions/action', 'cyclades', ended)).json).toMatchObject({ failed: [] })
      const provisions = [
        { holder: `user:${own}`, source: `project:${own}`, resource: 'cyclades.total_ram', quantity: 1 },
      ]
      const issued = await call('POST', 'commissions', 'cyclades', { provisions })
      expect([issued.status, issued.json]).toEqual([201, { serial: NEXT.serial }])
    })

    it('gives back what a deactivation had suspended, and nothing else', async () => {
      const [suspended, byAdmin] = [uuidOf('project', 5), uuidOf('project', 13)]
      const owner = uuidOf('user', 103)
      const state = async (uuid: string): Promise<unknown> => (await call('GET', `projects/${uuid}`, 4)).json
      expect(await state(suspended)).toMatchObject({
        state: 'suspended',
        owner,
        deactivation_date: '2017-01-01T00:00:00.000007+00:00',
      })
      await service.service.database.transaction((tx) => activateUser(tx, owner))
      expect(await state(suspended)).toMatchObject({ state: 'active' })
      expect(await state(owner)).toMatchObject({ state: 'active', system_project: true })
      expect(await state(byAdmin)).toMatchObject({ state: 'suspended' })
      const quotas = (await call('GET', 'quotas', 103)).json as Quotas
      expect(quotas[owner]?.['cyclades.vm']).toMatchObject({ limit: 2, project_limit: 2 })
      const memberships = await ask<{ state: string }>(
        to,
        `select distinct state from memberships where user_id = ${userId(103)} and initialized and state <> 'removed'`,
      )
      expect(memberships).toEqual([{ state: 'accepted' }])
    })

    it('shows the catalog in its old order, at the new base URL', async () => {
      const { json } = await send('POST', `${service.authUrl}/tokens`)
      const { serviceCatalog } = (
        json as { access: { serviceCatalog: { name: string; endpoints: { publicURL: string }[] }[] } }
      ).access
      expect(serviceCatalog.map(({ name, endpoints }) => `${name} ${endpoints[0]?.publicURL}`)).toEqual([
        `astakos_identity ${service.baseUrl}/identity/v2.0`,
        `astakos_account ${service.baseUrl}/account/v1.0`,
        'pithos_object-store https://pithos.old.example/object-store/v1',
        'cyclades_compute https://cyclades.old.example/compute/v2.0',
        `astakos_weblogin ${service.baseUrl}/weblogin`,
        `astakos_oauth2 ${service.baseUrl}/oauth2`,
        'cyclades_admin undefined',
      ])
      const resources = (await call('GET', 'resources', 4)).json as Record<string, unknown>
      expect(Object.keys(resources)).toEqual(['pithos.diskspace', 'cyclades.vm'])
    })

    it('goes on with applications and memberships where they were', async () => {
      const shown = (await call('GET', `projects/${uuidOf('project', 9)}`, 4)).json
      expect(shown).toMatchObject({
        name: 'p9.example.org',
        creation_date: '2014-01-10T01:02:03.456789+00:00',
        end_date: '2099-01-01T12:00:00.000001+00:00',
        resources: { 'cyclades.vm': { project_capacity: 40, member_capacity: 10 } },
        last_application: { id: 419, state: 'pending', name: null, end_date: '2100-01-01T00:00:00+00:00' },
      })
      const approve = await call('POST', `projects/${uuidOf('project', 9)}/action`, 4, { approve: { app_id: 419 } })
      expect(approve.status).toBe(200)
      const wish = { name: 'new.example.org', end_date: '2099-01-01T00:00:00Z' }
      expect((await call('POST', 'projects', 5, wish)).json).toMatchObject({ application: NEXT.application })
      const [joinable] = await ask<{ uuid: string }>(
        to,
        `select uuid from projects as p
          where join_policy = 'moderated' and state = 'active'
            and not exists (select from memberships where project_id = p.id and user_id = ${userId(5)}) order by id limit 1`,
      )
      const joined = await call('POST', 'projects/memberships', 5, { join: { project: joinable?.uuid } })
      expect(joined.json).toEqual({ id: NEXT.membership })
      const requested = 2000 + 20 * 2
      expect((await call('GET', `projects/memberships/${requested}`, 4)).json).toMatchObject({
        id: requested,
        state: 'requested',
        requested: '2015-05-02T00:00:00.000001+00:00',
      })
      const [project] = await ask(to, `select realname, state from projects where id = ${projectId(51)}`)
      expect(project).toEqual({ realname: 'p51.example.org', state: 'active' })
    })

    it('keeps clients of OAuth2, other ways to sign in, terms and the provision log', async () => {
      const ask2 = (secret: string): Promise<Reply> =>
        send('POST', `${service.baseUrl}/oauth2/token`, {
          headers: {
            authorization: `Basic ${Buffer.from(`viewer:${secret}`).toString('base64')}`,
            'content-type': 'application/x-www-form-urlencoded',
          },
          body: 'grant_type=authorization_code&code=x',
        })
      expect((await ask2('a secret')).text).toContain('No such authorization code')
      expect((await ask2('another')).text).toContain('Invalid credentials')
      const methods = 'select count(*)::int, min(backend) as backend, max(identifier) as last from sign_in_methods'
      expect(await ask(to, methods)).toEqual([{ count: 50, backend: 'shibboleth', last: 'eppn987@uni.example' }])
      expect(await ask(to, 'select id, body from terms')).toEqual([
        { id: '3', body: 'Terms\n\nBe nice & kind.\n\n- One\n- Two' },
      ])
      expect(await ask(to, 'select count(*)::int, min(log_time)::text from provision_log where serial < 4000')).toEqual(
        [{ count: 3000, min: expect.stringContaining('2015-06-07 08:09:11.0001') as string }],
      )
    })

    it('goes on with the numbers of everything', async () => {
      const next = ['users', 'groups', 'services', 'resources', 'projects'].map(
        (table) => `nextval(pg_get_serial_sequence('${table}', 'id'))::int as ${table}`,
      )
      expect(await ask(to, `select ${next.join()}`)).toEqual([
        { users: NEXT.user, groups: 78, services: 100, resources: 45, projects: 7002 },
      ])
    })
  })
