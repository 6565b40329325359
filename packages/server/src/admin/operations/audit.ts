import { z } from 'zod'
import { sql } from '../../db/statement.ts'
import { moment, page, pageOf, text } from '../input.ts'
import { reads, type Operation } from '../operation.ts'

/** The newest first. A filter that is not given lets everything through; the index of the one that is given does the rest. */
const LIST = sql(`
  select id, at, actor, operation, subject, before, after
    from audit
   where ($1::bigint is null or id < $1)
     and ($2::text is null or actor = $2)
     and ($3::text is null or operation = $3)
     and ($4::text is null or subject = $4)
     and ($5::timestamptz is null or at >= $5)
     and ($6::timestamptz is null or at < $6)
   order by id desc
   limit $7`)

interface Row {
  readonly id: bigint
  readonly at: Date
  readonly actor: string
  readonly operation: string
  readonly subject: string
  readonly before: unknown
  readonly after: unknown
}

const audit = reads({
  name: 'audit',
  scope: 'audit:read',
  summary: 'Tells who changed what with these operations, the newest change first.',
  input: z.strictObject({
    actor: text(255).optional().describe('who, such as token:NAME or command:USER'),
    operation: text(80).optional().describe('with which operation'),
    subject: text(4200).optional().describe('what, such as user:UUID or component:NAME'),
    since: moment.optional().describe('not before'),
    until: moment.optional().describe('before'),
    ...page,
  }),
  async run({ tx }, { after, actor, operation, subject, since, until, limit }) {
    const values = [after ?? null, actor ?? null, operation ?? null, subject ?? null, since ?? null, until ?? null]
    return pageOf(await tx.query<Row>(LIST, [...values, limit + 1]), limit)
  },
})

export const auditOperations: readonly Operation[] = [audit]
