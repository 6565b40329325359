import { sql, type Queryable, type Statement } from '../db/statement.ts'
import { PEPPER_OWNER } from '../identity/pepper.ts'
import { WORDS } from '../identity/secret-key-check.ts'
import { KEY_ID_BYTES } from '../identity/secret-keys.ts'

/** What is sealed in a row, and for whom. */
export interface Sealed {
  readonly id: bigint
  readonly owner: string
  readonly sealed: Buffer
}

/** A table in which something is sealed. */
export interface Sort {
  /** For people. */
  readonly name: string
  /** After an id, those that none of the named keys sealed: up to so many. */
  readonly read: Statement
  readonly lock: Statement
  /** Only what is still what it was: somebody may have replaced it. */
  readonly write: Statement
  readonly count: Statement
}

interface Columns {
  readonly table: string
  readonly id: string
  readonly owner: string
  readonly column: string
}

function sort(name: string, { table, id, owner, column }: Columns): Sort {
  // What was sealed before keys had names begins with a nonce, which is the name of none.
  const isOther = `substring(${column} for ${KEY_ID_BYTES}) <> all($1::bytea[])`
  return {
    name,
    read: sql(`
      select ${id} as id, ${owner} as owner, ${column} as sealed
        from ${table} where ${isOther} and ${id} > $2 order by ${id} limit $3`),
    lock: sql(`select from ${table} where ${id} = any($1::bigint[]) order by ${id} for no key update`),
    write: sql(`
      update ${table} set ${column} = v.fresh
        from unnest($1::bigint[], $2::bytea[], $3::bytea[]) as v (id, old, fresh)
       where ${id} = v.id and ${column} = v.old
      returning 1`),
    count: sql(`select count(*) from ${table} where ${isOther}`),
  }
}

/** All that is sealed under the secret key. What tells whether a key fits comes last: until then the old one has to. */
export const SORTS: readonly Sort[] = [
  sort('tokens of users', { table: 'users', id: 'users.id', owner: 'uuid', column: 'token_sealed' }),
  sort('mails that wait', { table: 'outbox', id: 'outbox.id', owner: "'mail ' || message", column: 'body' }),
  sort('pepper of client secrets', only('client_pepper', PEPPER_OWNER)),
  sort('proof of the key', only('secret_key_check', WORDS)),
]

function only(table: string, owner: string): Columns {
  return { table, id: '1::bigint', owner: `'${owner}'`, column: 'sealed' }
}

/** Under none of the keys with these names. */
export async function countOthers(on: Queryable, ids: readonly Buffer[]): Promise<bigint> {
  const counts = await Promise.all(SORTS.map(({ count }) => on.query<{ count: bigint }>(count, [ids])))
  return counts.reduce((sum, [row]) => sum + (row?.count ?? 0n), 0n)
}
