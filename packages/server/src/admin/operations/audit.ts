import { z } from 'zod'
import { where } from '../../db/filter.ts'
import { sql } from '../../db/statement.ts'
import { moment, page, pageOf, text } from '../input.ts'
import { reads, type Operation } from '../operation.ts'

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
    const { text: filter, values } = where(1, [
      ['id < ?', after],
      ['actor = ?', actor],
      ['operation = ?', operation],
      ['subject = ?', subject],
      ['at >= ?', since],
      ['at < ?', until],
    ])
    const list = sql(`
      select id, at, actor, operation, subject, before, after from audit where true${filter} order by id desc limit $1`)
    return pageOf(await tx.query<Row>(list, [limit + 1, ...values]), limit)
  },
})

export const auditOperations: readonly Operation[] = [audit]
