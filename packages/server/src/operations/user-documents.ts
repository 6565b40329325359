import { sql, type Queryable, type Statement } from '../db/statement.ts'
import { timeOf } from '../db/time.ts'

/** Accounts as administrators see them. Source: administration specification, 2.3. */

/** The password is a way to sign in, too: its identifier is the address as it is now. */
const METHODS = `
  (select coalesce(json_agg(json_build_object('identifier', m.identifier, 'active', m.active, 'affiliation', m.affiliation,
                                              'backend', m.backend, 'metadata', m.metadata) order by m.place), '[]')
     from (select 0 as place, u.email as identifier, true as active, u.affiliation, 'astakos' as backend, u.metadata
            where u.password is not null
            union all
           select id, identifier, active, affiliation, backend, metadata from sign_in_methods where user_id = u.id) as m)`

const ROLES = `
  (select coalesce(json_agg(g.name order by g.id), '[]')
     from user_groups as ug
     join groups as g on g.id = ug.group_id
    where ug.user_id = u.id)`

const epoch = (column: string): string => `extract(epoch from u.${column})::text as ${column}`

/** As text, so that no number in what others stored is rounded. */
const users = (which: string): Statement =>
  sql(`
  select u.id, ${['date_joined', 'moderated_at', 'verified_at', 'token_expires'].map(epoch).join(', ')},
         json_build_object('id', u.uuid, 'email', u.email, 'first_name', u.first_name, 'last_name', u.last_name,
                           'is_active', u.is_active, 'is_rejected', u.is_rejected,
                           'deactivated_reason', u.deactivated_reason, 'accepted_policy', u.accepted_policy,
                           'rejected_reason', u.rejected_reason, 'roles', ${ROLES},
                           'authentication_methods', ${METHODS})::text as document
    from users as u
   where ${which}`)

// Written into the statement, since a plan for any limit is one for a large one.
const PAGE_SIZE = 500
const PAGE = users(`u.id > $1 order by u.id limit ${PAGE_SIZE}`)
const ONE = users('u.uuid = $1')

interface Row {
  id: bigint
  document: string
  date_joined: string
  moderated_at: string | null
  verified_at: string | null
  token_expires: string | null
}

/** @returns the document as JSON, with its dates; null: there is no such account. */
export async function readUser(on: Queryable, uuid: string): Promise<string | null> {
  const [row] = await on.query<Row>(ONE, [uuid])
  return row ? withDates(row) : null
}

/** Everybody, in pieces of a list: a page is one statement, and no more than one is in memory. */
export async function* readUsers(on: Queryable, hasDates: boolean): AsyncGenerator<string, void, undefined> {
  for (let after = 0n; ;) {
    // oxlint-disable-next-line no-await-in-loop -- it begins where the one before ended
    const rows = await on.query<Row>(PAGE, [after])
    const last = rows.at(-1)
    if (!last) return
    yield rows.map((row) => (hasDates ? withDates(row) : row.document)).join(',')
    if (rows.length < PAGE_SIZE) return
    after = last.id
  }
}

function withDates({ document, date_joined, moderated_at, verified_at, token_expires }: Row): string {
  const dates = { date_joined, moderated_at, verified_at, auth_token_expires: token_expires }
  const members = Object.entries(dates).map(([name, at]) => `"${name}":${at === null ? 'null' : `"${timeOf(at)}"`}`)
  return `${document.slice(0, -1)},${members.join(',')}}`
}
