import { intArray } from '../db/connect.ts'
import { sql, type Queryable } from '../db/statement.ts'

/** Projects as they stand in the audit, and what of them has changed. */
export interface ProjectDocument {
  readonly uuid: string
  readonly state: string
  readonly name: string
  readonly owner: string | null
  readonly homepage: string
  readonly description: string
  readonly end_date: Date
  readonly join_policy: string
  readonly leave_policy: string
  readonly max_members: bigint
  readonly private: boolean
  /** By resource. */
  readonly limits: Readonly<Record<string, unknown>>
}

const READ = sql(`
  select p.id, p.uuid, p.state, p.realname as name, o.uuid as owner, p.homepage, p.description, p.end_date, p.join_policy,
         p.leave_policy, p.max_members, p.private,
         (select coalesce(jsonb_object_agg(
                   r.name, jsonb_build_object('member', q.member_capacity, 'project', q.project_capacity)), '{}')
            from project_resources as q
            join resources as r on r.id = q.resource_id
           where q.project_id = p.id) as limits
    from projects as p
    left join users as o on o.id = p.owner_id
   where p.id = any($1::bigint[])
   order by p.id`)

/** In the order of their numbers. */
export async function projectDocuments(tx: Queryable, ids: readonly bigint[]): Promise<ProjectDocument[]> {
  const rows = await tx.query<ProjectDocument & { readonly id: bigint }>(READ, [intArray(ids)])
  return rows.map(({ id: _, ...document }) => document)
}

interface Difference {
  readonly before: Readonly<Record<string, unknown>>
  readonly after: Readonly<Record<string, unknown>>
}

/** Both, without what is the same in both; null: nothing has changed. */
export function differenceOf(before: ProjectDocument, after: ProjectDocument): Difference | null {
  const { limits: limitsBefore, ...fieldsBefore } = before
  const { limits: limitsAfter, ...fieldsAfter } = after
  const fields = differing(fieldsBefore, fieldsAfter)
  const limits = differing(limitsBefore, limitsAfter)
  if (fields === null && limits === null) return null
  return {
    before: { ...fields?.before, ...(limits && { limits: limits.before }) },
    after: { ...fields?.after, ...(limits && { limits: limits.after }) },
  }
}

function differing(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Difference | null {
  const names = Object.keys(after).filter((name) => textOf(before[name]) !== textOf(after[name]))
  if (names.length === 0) return null
  const of = (document: Readonly<Record<string, unknown>>): Record<string, unknown> =>
    Object.fromEntries(names.filter((name) => name in document).map((name) => [name, document[name]]))
  return { before: of(before), after: of(after) }
}

/** The database writes the members of a document in one order. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? String(member) : member)) ?? ''
}
