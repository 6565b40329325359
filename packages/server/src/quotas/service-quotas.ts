import { sql, type Queryable, type Statement } from '../db/statement.ts'
import { encodeNames, lists, memberJson, projectJson, type Columns, type EncodedNames } from './quota-json.ts'

/** What a component may see of all. Source: quota specification, 3.2 and 3.3. */

const OWN_RESOURCES = sql(`
  select r.name
    from resources as r
    join services as s on s.name = r.service_origin
   where s.component_id = $1
   order by r.id`)

/** The resources of a component's services; those of others it does not see. */
export async function resourcesOfComponent(on: Queryable, componentId: bigint): Promise<string[]> {
  return (await on.query<{ name: string }>(OWN_RESOURCES, [componentId])).map(({ name }) => name)
}

export interface QuotaFilter {
  readonly resources: readonly string[]
  readonly users: readonly string[] | null
  readonly projects: readonly string[] | null
}

/** Holders in one statement, which is one short look at the database: nobody is held up by a long one. Written
 * into the statements, since a plan for any limit is one for a large one. */
const PAGE_SIZE = 250

/**
 * Of a page of verified users: all of a range, or those that are named; and of the projects that they draw from. Nothing
 * is joined here and holders are handed on as arrays, so that no guess of how many there are can make for a bad plan.
 */
const members = (users: string): Statement =>
  sql(`
  with member as materialized (
    select h.holder, h.source, ${lists('h')}
      from holdings as h
     where h.holder = any(array(select 'user:' || uuid from users where email_verified and ${users}))
       and h.resource = any($1)
       and ($2::text[] is null or h.source = any($2))
     group by h.holder, h.source)
  select p.holder, null as source, ${lists('p')}
    from holdings as p
   where p.holder = any(array(select distinct source from member)) and p.source is null and p.resource = any($1)
   group by p.holder
   union all
  select * from member`)

const IN_RANGE = members('uuid > $3 and uuid <= $4')
const NAMED = members('uuid = any($3::text[])')

/** Looked up together: a look-up for each page would stand in line behind the pages before. */
const PAGES_AT_ONCE = 20

const ENDS_OF_PAGES = sql(`
  select uuid as last
    from (select uuid, row_number() over (order by uuid) as n, lead(uuid) over (order by uuid) as next
            from (select uuid from users where email_verified and uuid > $1 order by uuid limit ${PAGE_SIZE * PAGES_AT_ONCE}) as users_of_pages
         ) as numbered
   where n % ${PAGE_SIZE} = 0 or next is null
   order by uuid`)

const OF_PROJECTS = sql(`
  select pr.id, pr.uuid as project, held.*
    from (select id, uuid
            from projects
           where state in ('active', 'suspended', 'terminated') and id > $2 and ($3::text[] is null or uuid = any($3))
           order by id
           limit ${PAGE_SIZE}) as pr
   cross join lateral (
     select ${lists('p')}
       from holdings as p
      where p.holder = 'project:' || pr.uuid and p.source is null and p.resource = any($1)) as held
   order by pr.id`)

interface HoldingRow extends Columns {
  holder: string
  /** Null of a project's own. */
  source: string | null
}

/** Pages that are read while one is sent, so that each of the shared connections has work. */
const AHEAD = 4

/** All that members hold, as members of one object: `"uuid":{…}`, a piece of text for each page. */
export async function* memberQuotas(
  on: Queryable,
  { resources, users, projects }: QuotaFilter,
): AsyncGenerator<string, void, undefined> {
  const names = encodeNames(resources)
  const sources = projects?.map((uuid) => `project:${uuid}`) ?? null
  const pages = users === null ? ranges(on) : slices([...new Set(users)])
  const read = async (page: readonly unknown[]): Promise<string> => {
    const statement = users === null ? IN_RANGE : NAMED
    return pieceOf(names, await on.query<HoldingRow>(statement, [resources, sources, ...page]))
  }
  const underWay: Promise<string>[] = []
  for await (const page of pages) {
    const piece = read(page)
    // Whoever waits for it learns of its failure; nobody may be left who does.
    piece.catch(() => undefined)
    underWay.push(piece)
    if (underWay.length < AHEAD) continue
    const text = await underWay.shift()
    if (text) yield text
  }
  for (const piece of underWay) {
    // oxlint-disable-next-line no-await-in-loop -- in their order
    const text = await piece
    if (text) yield text
  }
}

/** Of all verified users, in the order of their uuids. */
async function* ranges(on: Queryable): AsyncGenerator<[after: string, last: string], void, undefined> {
  for (let after = ''; ;) {
    // oxlint-disable-next-line no-await-in-loop -- it begins where those before end
    const ends = await on.query<{ last: string }>(ENDS_OF_PAGES, [after])
    if (ends.length === 0) return
    for (const { last } of ends) {
      yield [after, last]
      after = last
    }
  }
}

function* slices(users: readonly string[]): Generator<[users: readonly string[]], void, undefined> {
  for (let start = 0; start < users.length; start += PAGE_SIZE) yield [users.slice(start, start + PAGE_SIZE)]
}

const [USER, PROJECT] = ['user:', 'project:']

function pieceOf(names: EncodedNames, rows: readonly HoldingRow[]): string {
  const projects = new Map<string, Columns>()
  const users = new Map<string, string>()
  // The projects' own come first.
  for (const row of rows) {
    const { holder, source } = row
    if (source === null) {
      projects.set(holder, row)
      continue
    }
    const quotas = memberJson(names, row, projects.get(source) ?? null)
    if (quotas === '') continue
    const before = users.get(holder)
    const member = `${JSON.stringify(source.slice(PROJECT.length))}:{${quotas}}`
    users.set(holder, before === undefined ? member : `${before},${member}`)
  }
  return [...users].map(([holder, text]) => `${JSON.stringify(holder.slice(USER.length))}:{${text}}`).join(',')
}

/** All that projects hold, likewise. */
export async function* projectQuotas(
  on: Queryable,
  { resources, projects }: Omit<QuotaFilter, 'users'>,
): AsyncGenerator<string, void, undefined> {
  const names = encodeNames(resources)
  for (let after = 0n; ;) {
    // oxlint-disable-next-line no-await-in-loop
    const rows = await on.query<Nullable<Columns> & { id: bigint; project: string }>(OF_PROJECTS, [
      resources,
      after,
      projects,
    ])
    const last = rows.at(-1)
    if (!last) return
    const pieces = rows.flatMap(({ project, ...columns }) =>
      columns.places === null ? [] : [`${JSON.stringify(project)}:{${projectJson(names, columns as Columns)}}`],
    )
    if (pieces.length > 0) yield pieces.join(',')
    after = last.id
  }
}

type Nullable<T> = { [K in keyof T]: T[K] | null }
