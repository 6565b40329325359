import { parseExact } from 'astakosclient/wire'
import { sql } from '../db/statement.ts'
import { memberQuotas, projectQuotas } from '../quotas/service-quotas.ts'
import type { Import } from './copy.ts'

export interface QuotaComparison {
  readonly compared: number
  readonly differ: number
  /** Where the first ones are, without their numbers. */
  readonly first: readonly string[]
}

const RESOURCES = sql('select name from resources order by id')

type Numbers = Readonly<Record<string, number | bigint>>
/** By holder and below: what components are told. */
type MemberDocument = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Numbers>>>>>>
type ProjectDocument = Readonly<Record<string, Readonly<Record<string, Numbers>>>>

/** What the original answers of verified users. Source: quota specification, 3.2. */
const REGISTERED = 'h.resource in (select name from im_resource)'
const NUMBERS = `h."limit" || ',' || h.usage_max || ',' || (h.usage_max - h.usage_min) as numbers`
const MEMBER_ROWS = `
  select h.holder, h.source, h.resource, ${NUMBERS}
    from quotaholder_app_holding as h
   where ${REGISTERED} and h.source is not null and h.holder = any($1::text[])`
const MEMBER_COUNT = `
  select count(*)::text as rows
    from quotaholder_app_holding as h
   where ${REGISTERED}
     and h.holder in (select 'user:' || uuid from im_astakosuser where email_verified)
     and exists (select 1 from quotaholder_app_holding as p
                  where p.holder = h.source and p.source is null and p.resource = h.resource)`

/** Source: quota specification, 3.3. */
const PROJECT_ROWS = `
  select h.holder, h.resource, ${NUMBERS}
    from quotaholder_app_holding as h
   where ${REGISTERED} and h.source is null and h.holder = any($1::text[])`
const PROJECT_COUNT = `
  select count(*)::text as rows
    from quotaholder_app_holding as h
   where ${REGISTERED}
     and h.source is null
     and h.holder in (select 'project:' || uuid from im_project where state in (1, 10, 100))`

/** Reads all quotas here as components read them, and asks the original for the same, a page after the other. */
export async function compareQuotas({ source, target, notes }: Import): Promise<QuotaComparison> {
  const resources = (await target.tx.query<{ name: string }>(RESOURCES)).map(({ name }) => name)
  const filter = { resources, users: null, projects: null }
  const comparison = new Comparison(source, (compared) => notes.progress('quotas compared', compared))
  for await (const text of memberQuotas(target.tx, filter)) {
    const here = membersOf(parseExact(`{${text}}`) as MemberDocument)
    comparison.page(here.numbers, await membersThere(source, here.holders))
  }
  for await (const text of projectQuotas(target.tx, filter)) {
    const here = projectsOf(parseExact(`{${text}}`) as ProjectDocument)
    comparison.page(here.numbers, await projectsThere(source, here.holders))
  }
  return comparison.result([MEMBER_COUNT, PROJECT_COUNT])
}

interface Page {
  readonly holders: readonly string[]
  readonly numbers: Map<string, string>
}

function membersOf(document: MemberDocument): Page {
  const numbers = new Map<string, string>()
  for (const [user, projects] of Object.entries(document))
    for (const [project, quotas] of Object.entries(projects))
      for (const [resource, quota] of Object.entries(quotas))
        numbers.set(`user:${user} project:${project} ${resource}`, Object.values(quota).join(','))
  return { holders: Object.keys(document).map((uuid) => `user:${uuid}`), numbers }
}

function projectsOf(document: ProjectDocument): Page {
  const numbers = new Map<string, string>()
  for (const [project, quotas] of Object.entries(document))
    for (const [resource, quota] of Object.entries(quotas))
      numbers.set(`project:${project} ${resource}`, Object.values(quota).join(','))
  return { holders: Object.keys(document).map((uuid) => `project:${uuid}`), numbers }
}

/** Member and project, put together here: a join in the original could go wrong for want of figures. */
async function membersThere(source: Import['source'], users: readonly string[]): Promise<Map<string, string>> {
  const members = await source.all<Row & { source: string }>(MEMBER_ROWS, [users])
  const projects = await projectsThere(source, [...new Set(members.map((member) => member.source))])
  return new Map(
    members.flatMap((member) => {
      const project = projects.get(`${member.source} ${member.resource}`)
      // without the project's there is nothing to answer.
      if (project === undefined) return []
      return [[`${member.holder} ${member.source} ${member.resource}`, `${member.numbers},${project}`]]
    }),
  )
}

async function projectsThere(source: Import['source'], projects: readonly string[]): Promise<Map<string, string>> {
  const rows = await source.all<Row>(PROJECT_ROWS, [projects])
  return new Map(rows.map(({ holder, resource, numbers }) => [`${holder} ${resource}`, numbers]))
}

interface Row {
  readonly holder: string
  readonly resource: string
  readonly numbers: string
}

class Comparison {
  readonly #source: Import['source']
  readonly #onProgress: (compared: number) => void
  #compared = 0
  readonly #differing: string[] = []
  #differ = 0
  /** Of the original, in all pages. */
  #seen = 0

  constructor(source: Import['source'], onProgress: (compared: number) => void) {
    this.#source = source
    this.#onProgress = onProgress
  }

  page(here: ReadonlyMap<string, string>, there: ReadonlyMap<string, string>): void {
    this.#seen += there.size
    this.#compared += here.size
    for (const [key, numbers] of there) if (here.get(key) !== numbers) this.#note(key)
    for (const key of here.keys()) if (!there.has(key)) this.#note(key)
    this.#onProgress(this.#compared)
  }

  #note(key: string): void {
    this.#differ += 1
    if (this.#differing.length < 20) this.#differing.push(key)
  }

  /** @param counts of all that there is in the original: holders that are missing here were in no page. */
  async result(counts: readonly string[]): Promise<QuotaComparison> {
    let all = 0
    for (const count of counts) {
      // oxlint-disable-next-line no-await-in-loop -- one connection
      const [row] = await this.#source.all<{ rows: string }>(count)
      all += Number(row?.rows)
    }
    return { compared: this.#compared, differ: this.#differ + Math.abs(all - this.#seen), first: this.#differing }
  }
}
