import { stringifyExact } from 'astakosclient/wire'
import { sql, type Queryable } from '../db/statement.ts'
import type { Change } from './operation.ts'

/** Who changed what: rows that are written in the transaction of the change. */

const INSERT = sql(`
  insert into audit (actor, operation, subject, before, after)
  select $1, $2, subject, before::jsonb, after::jsonb
    from unnest($3::text[], $4::text[], $5::text[]) with ordinality as v (subject, before, after, place)
   order by place`)

export async function recordChanges(
  tx: Queryable,
  actor: string,
  operation: string,
  changes: readonly Change[],
): Promise<void> {
  if (changes.length === 0) return
  await tx.query(INSERT, [
    actor,
    operation,
    changes.map(({ subject }) => subject),
    changes.map(({ before }) => textOf(before)),
    changes.map(({ after }) => textOf(after)),
  ])
}

function textOf(document: object | null): string | null {
  return document === null ? null : stringifyExact(document)
}
