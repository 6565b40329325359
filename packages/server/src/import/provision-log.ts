import { copy, type Import } from './copy.ts'
import { insertInto } from './target.ts'

const PROVISIONS = insertInto('imported_provisions', {
  id: 'bigint',
  serial: 'bigint',
  name: 'text',
  holder: 'text',
  source: 'text',
  resource: 'text',
  '"limit"': 'bigint',
  usage_min: 'bigint',
  usage_max: 'bigint',
  delta_quantity: 'bigint',
  issue_time: 'timestamptz',
  log_time: 'timestamptz',
  reason: 'text',
})

interface Provision {
  readonly id: number
  readonly serial: bigint
  readonly name: string
  readonly holder: string
  readonly source: string | null
  readonly resource: string
  readonly limit: bigint
  readonly usage_min: bigint
  readonly usage_max: bigint
  readonly delta_quantity: bigint
  readonly issue_time: string
  readonly log_time: string
  readonly reason: string
}

/** How commissions ended. Source: database specification, `quotaholder_app_provisionlog`; quota specification, 6. */
export async function copyProvisionLog(to: Import): Promise<void> {
  await copy<Provision, typeof PROVISIONS.columns>(to, {
    what: 'provision log',
    from: 'quotaholder_app_provisionlog',
    select: `
      select id, serial, name, holder, source, resource, "limit", usage_min, usage_max, delta_quantity, issue_time,
             log_time, reason
        from quotaholder_app_provisionlog order by id`,
    into: PROVISIONS,
    row: ({ limit, issue_time, log_time, ...row }) => ({
      ...row,
      '"limit"': limit,
      issue_time: timeOf('issue_time', issue_time),
      log_time: timeOf('log_time', log_time),
    }),
  })
}

/** Text there, without a zone. */
function timeOf(column: string, text: string): string {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?$/.test(text))
    throw new RangeError(`${column}: must be YYYY-MM-DDTHH:MM:SS.ffff`)
  return `${text}Z`
}
