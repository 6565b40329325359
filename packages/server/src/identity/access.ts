import type { Database } from '../db/database.ts'
import type { Loader } from '../db/loader.ts'
import { sql } from '../db/statement.ts'
import { timeOf } from '../db/time.ts'
import { byHash, type UserCaller } from './callers.ts'
import { hashToken } from './tokens.ts'

/** Who a token is of, one of OAuth2 too. Source: identity specification, 2.1 and 2.3. */
export interface AccessHolder {
  readonly uuid: string
  readonly realName: string
  /** As a date of the API. */
  readonly expires: string
  readonly defaultProject: string | null
  readonly roles: readonly { readonly id: string; readonly name: string }[]
}

/** What an authentication answers of the user. */
export interface Access extends UserCaller, AccessHolder {
  readonly projects: readonly string[]
}

const ACCESS = sql(`
  select u.token_hash, u.id, u.uuid, u.email, u.is_active, u.token_expires < now() as has_expired, u.has_signed_terms,
         u.first_name || ' ' || u.last_name as real_name, extract(epoch from u.token_expires)::text as expires, u.default_project,
         array(select p.uuid
                 from memberships as m
                 join projects as p on p.id = m.project_id
                where m.user_id = u.id and m.state in ('accepted', 'leave_requested') and p.state = 'active') as projects,
         (select json_agg(json_build_object('id', g.id::text, 'name', g.name) order by g.id)
            from user_groups as ug
            join groups as g on g.id = ug.group_id
           where ug.user_id = u.id) as roles
    from users as u
   where u.token_hash = any($1::bytea[])`)

interface Row {
  token_hash: Buffer
  id: bigint
  uuid: string
  email: string
  is_active: boolean
  has_expired: boolean
  has_signed_terms: boolean
  real_name: string
  expires: string
  default_project: string | null
  projects: string[]
  roles: { id: string; name: string }[] | null
}

export class Accesses {
  readonly #byHash: Loader<Buffer, Access | null>

  constructor(database: Database) {
    this.#byHash = byHash<Access>(async (hashes) => {
      const rows = await database.query<Row>(ACCESS, [hashes])
      return rows.map((row) => [
        row.token_hash,
        {
          id: row.id,
          uuid: row.uuid,
          email: row.email,
          isActive: row.is_active,
          hasExpired: row.has_expired,
          hasSignedTerms: row.has_signed_terms,
          realName: row.real_name,
          expires: timeOf(row.expires),
          defaultProject: row.default_project,
          roles: row.roles ?? [],
          projects: row.projects,
        },
      ])
    })
  }

  of(token: string): Promise<Access | null> {
    return this.#byHash.load(hashToken(token))
  }
}
