import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Database as ServiceDatabase } from '../src/db/database.ts'
import { memberQuotas, projectQuotas, type QuotaFilter } from '../src/quotas/service-quotas.ts'
import { migrated } from './support/migrated.ts'
import { databases, freshDatabase, startServer } from './support/postgres.ts'

const USERS = 1203
const RESOURCES = ['c.vm', 'c."odd", name', 'c.ram']

/** Users with uneven holdings: the n-th has its own project, every third one shares in another one, some lack resources. */
const FILL = `
  insert into components (name) values ('c');
  insert into services (component_id, name, type) select id, 's', 't' from components;
  insert into resources (name, service_type, service_origin, system_default, project_default)
  select unnest(array['c.vm', 'c."odd", name', 'c.ram', 'other.r']), 't', 's', 0, 0;
  insert into users (uuid, email, username, email_verified)
  select 'u' || md5(i::text), 'u' || i, 'u' || i, i % 10 <> 9 from generate_series(1, ${USERS}) as i;
  insert into projects (uuid, name, realname, is_system, state, end_date, join_policy, leave_policy, max_members)
  select uuid, case when id % 7 > 0 then uuid end, uuid, true, case when id % 7 = 0 then 'deleted' else 'active' end, now(), 'auto', 'auto', 1 from users order by id;
  insert into projects (uuid, name, realname, is_system, state, end_date, join_policy, leave_policy, max_members)
  values ('shared', 'p', 'p', false, 'active', now(), 'auto', 'auto', 1);
  insert into holdings (holder, resource, "limit", usage_min, usage_max)
  select 'project:' || p.uuid, r.name, 9223372036854775807 - p.id, r.id, p.id + r.id from projects as p, resources as r;
  insert into holdings (holder, source, resource, "limit", usage_min, usage_max)
  select 'user:' || u.uuid, 'project:' || u.uuid, r.name, u.id, 0, r.id
    from users as u, resources as r where (u.id + r.id) % 5 <> 0 order by r.id desc;
  insert into holdings (holder, source, resource, "limit")
  select 'user:' || u.uuid, 'project:shared', r.name, 1 from users as u, resources as r where u.id % 3 = 0;
  insert into holdings (holder, source, resource, "limit") select 'user:' || uuid, 'project:gone', 'c.vm', 1 from users`

const PLAIN = `
  select u.uuid as user, substr(h.source, 9) as project, h.resource, h."limit"::text as limit, h.usage_max::text as usage,
         (h.usage_max - h.usage_min)::text as pending, p."limit"::text as project_limit, p.usage_max::text as project_usage,
         (p.usage_max - p.usage_min)::text as project_pending
    from users as u
    join holdings as h on h.holder = 'user:' || u.uuid
    join holdings as p on p.holder = h.source and p.source is null and p.resource = h.resource
   where u.email_verified and h.resource = any($1)`

type Document = Record<string, Record<string, Record<string, Record<string, string>>>>

/** Numbers as text, so that none is rounded. */
async function read(pieces: AsyncIterable<string>): Promise<{ document: Document; pieces: number }> {
  const all: string[] = []
  for await (const piece of pieces) all.push(piece)
  const text = `{${all.join(',')}}`
  return { document: JSON.parse(text.replaceAll(/:(\d+)/g, ':"$1"')) as Document, pieces: all.length }
}

for (const database of databases) {
  describe(`quotas of all, on ${database.name}`, () => {
    let service: ServiceDatabase
    let expected: Document
    const filter = (more: Partial<QuotaFilter> = {}): QuotaFilter => ({
      resources: RESOURCES,
      users: null,
      projects: null,
      ...more,
    })

    beforeAll(async () => {
      const { connection } = await freshDatabase(await startServer(database), migrated)
      const client = new pg.Client(connection)
      await client.connect()
      await client.query(FILL)
      expected = {}
      for (const { user, project, resource, ...numbers } of (await client.query(PLAIN, [RESOURCES])).rows as Record<
        string,
        string
      >[])
        ((expected[user ?? ''] ??= {})[project ?? ''] ??= {})[resource ?? ''] = numbers
      await client.end()
      service = new ServiceDatabase(connection)
    })
    afterAll(async () => {
      await service.close()
    })

    it('are those that a plain join finds, over several pages', async () => {
      const { document, pieces } = await read(memberQuotas(service, filter()))
      expect(document).toEqual(expected)
      expect(Object.keys(document)).toHaveLength(USERS - 120)
      expect(pieces).toBe(5)
    })

    it('are those of the users that are named, however many', async () => {
      const named = Object.keys(expected).slice(0, 700)
      const { document } = await read(memberQuotas(service, filter({ users: [...named, ...named, 'nobody'] })))
      expect(document).toEqual(Object.fromEntries(named.map((uuid) => [uuid, expected[uuid]])))
      expect((await read(memberQuotas(service, filter({ users: [''] })))).document).toEqual({})
    })

    it('are those in the projects that are named', async () => {
      const { document } = await read(memberQuotas(service, filter({ projects: ['shared', 'nothing'] })))
      const members = Object.entries(expected).filter(([, projects]) => 'shared' in projects)
      expect(document).toEqual(Object.fromEntries(members.map(([uuid, { shared }]) => [uuid, { shared }])))
      expect(members.length).toBeGreaterThan(300)
    })

    it('are those of the resources that are asked for', async () => {
      const { document } = await read(memberQuotas(service, filter({ resources: ['c.ram'] })))
      for (const projects of Object.values(document))
        for (const quotas of Object.values(projects)) expect(Object.keys(quotas)).toEqual(['c.ram'])
      expect((await read(memberQuotas(service, filter({ resources: [] })))).document).toEqual({})
    })

    it('of projects are those that are not deleted', async () => {
      const { document, pieces } = await read(projectQuotas(service, filter()))
      expect(Object.keys(document)).toHaveLength(USERS + 1 - Math.floor(USERS / 7))
      expect(document['shared']?.['c.vm']).toEqual({
        project_limit: String(2n ** 63n - 1n - BigInt(USERS + 1)),
        project_usage: String(USERS + 2),
        project_pending: String(USERS + 1),
      })
      expect(pieces).toBe(5)
      const named = await read(projectQuotas(service, filter({ projects: ['shared', 'nothing'] })))
      expect(named.document).toEqual({ shared: document['shared'] })
    })

    it('end in the middle when nobody reads on', async () => {
      for await (const piece of memberQuotas(service, filter())) {
        expect(piece).toContain('"c.vm"')
        break
      }
      expect((await read(memberQuotas(service, filter()))).document).toEqual(expected)
    })
  })
}
