import { sql } from '../db/statement.ts'
import type { Import } from './copy.ts'
import { SourceError } from './source.ts'

/** What counts there, and what goes on from it here. Source: database specification. */
const SEQUENCES = [
  { from: 'auth_user_id_seq', table: 'users' },
  { from: 'auth_group_id_seq', table: 'groups' },
  { from: 'im_astakosuserauthprovider_id_seq', table: 'sign_in_methods' },
  { from: 'im_component_id_seq', table: 'components' },
  { from: 'im_service_id_seq', table: 'services' },
  { from: 'im_endpoint_id_seq', table: 'endpoints' },
  { from: 'im_resource_id_seq', table: 'resources' },
  { from: 'im_chain_chain_seq', table: 'projects' },
  { from: 'im_projectapplication_id_seq', table: 'applications' },
  { from: 'im_projectmembership_id_seq', table: 'memberships' },
  { from: 'im_projectmembershiplog_id_seq', table: 'membership_log' },
  { from: 'im_projectlog_id_seq', table: 'project_log' },
  { from: 'im_approvalterms_id_seq', table: 'terms' },
  { from: 'oa2_client_id_seq', table: 'oauth2_clients' },
  { from: 'oa2_redirecturl_id_seq', table: 'oauth2_redirect_urls' },
  { from: 'quotaholder_app_holding_id_seq', table: 'holdings' },
  { from: 'quotaholder_app_provisionlog_id_seq', table: 'imported_provisions' },
] as const

const INT64_MAX = 2n ** 63n - 1n

const SERIALS = 'quotaholder_app_commission_serial_seq'

/** `restart` is part of the transaction; `setval` would stay after a rollback. */
export async function copySequences({ source, target, notes }: Import): Promise<void> {
  for (const { from, table } of SEQUENCES) {
    // oxlint-disable-next-line no-await-in-loop
    const next = await after(target.tx, from, `select max(id) as last from ${table}`, await nextOf(source, from))
    // oxlint-disable-next-line no-await-in-loop
    await target.tx.query(sql(`alter table ${table} alter column id restart with ${next}`))
  }
  // Those of former commissions stand in the log.
  const last = `
    select greatest((select max(serial) from commissions), (select max(serial) from imported_provisions)) as last`
  const serial = await after(target.tx, SERIALS, last, await nextOf(source, SERIALS))
  await target.tx.query(sql(`alter sequence serials restart with ${serial}`))
  notes.carry('sequences', SEQUENCES.length + 1)
}

async function nextOf(source: Import['source'], sequence: string): Promise<bigint> {
  const [row] = await source.all<{ last_value: bigint; is_called: boolean }>(
    `select last_value, is_called from ${sequence}`,
  )
  if (!row) throw new SourceError(new Error(`the sequence ${sequence} is empty`))
  return row.last_value + (row.is_called ? 1n : 0n)
}

/** A sequence that stayed behind its table would give out numbers twice. */
async function after(tx: Import['target']['tx'], what: string, select: string, next: bigint): Promise<bigint> {
  const [row] = await tx.query<{ last: bigint | null }>(sql(select))
  const behind = (row?.last ?? 0n) + 1n
  const first = behind > next ? behind : next
  if (first > INT64_MAX) throw new SourceError(new Error(`${what}: the largest number is taken, none can follow it`))
  return first
}
