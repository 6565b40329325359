import type { Database } from '../db/database.ts'
import { sql } from '../db/statement.ts'

/** Rows at once: nobody who issues meanwhile waits for long. */
const CHUNK = 1000

/**
 * A key is kept while its commission is pending, and for its life after it was decided and its commission ended; by the
 * clock of the database. Source: idempotency contract, 8.
 */
const DELETE_OLD = sql(`
  delete from idempotency_keys as k
   using (select i.component, i.key
            from idempotency_keys as i
            left join resolutions as r on r.serial = i.serial
           where i.decided_at < now() - $1::float8 * interval '1 ms'
             and (i.serial is null or r.resolve_time < now() - $1::float8 * interval '1 ms')
           order by i.component, i.key
           limit ${CHUNK}
             for update of i skip locked) as old
   where k.component = old.component
     and k.key = old.key
  returning k.key`)

/** @returns how many were deleted. */
export async function cleanUpKeys(database: Database, lifeMs: number): Promise<number> {
  for (let deleted = 0; ;) {
    // oxlint-disable-next-line no-await-in-loop -- small steps are the point
    const rows = await database.query(DELETE_OLD, [lifeMs])
    deleted += rows.length
    if (rows.length < CHUNK) return deleted
  }
}
