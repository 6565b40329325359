import { sql, type Queryable } from '../db/statement.ts'
import { Ledger } from '../quotas/decide.ts'
import type { Locked } from '../quotas/lock.ts'
import { lockInOrder, settled } from '../quotas/lock.ts'
import { mergeProvisions, type Provision } from '../quotas/provision.ts'
import type { IssueRequest } from '../quotas/requests.ts'
import { write } from '../quotas/write.ts'
import { tooManyPending } from './refused.ts'

/** How many pending applications a user may have is a quota of the applicant's own system project. Source: quota specification, 10. */
export const PENDING_APPLICATIONS = 'astakos.pending_app'
export const OWN_COMPONENT = 'astakos'

/** An application that becomes pending counts one, one that is pending no longer counts one less. */
export interface PendingChange {
  /** The applicant's uuid. */
  readonly applicant: string
  readonly by: 1n | -1n
}

/** What is charged, with the ids of its holdings. */
export interface PendingCharge {
  readonly provisions: readonly Provision[]
  readonly ids: readonly bigint[]
}

const FIND = sql(`
  select h.id
    from unnest($1::text[], $2::text[]) with ordinality as k (holder, source, n)
    join holdings as h on h.holder = k.holder and h.source is not distinct from k.source and h.resource = '${PENDING_APPLICATIONS}'
   order by k.n`)

const DRAW_SERIAL = sql("select nextval('serials') as serial")

/** Replacing one's own is neutral, and still has to fit: nothing at all is too much above a limit. Quota specification, Q-4. */
export async function pendingCharge(tx: Queryable, changes: readonly PendingChange[]): Promise<PendingCharge> {
  const provisions = mergeProvisions(
    changes.flatMap(({ applicant, by }) => [
      { holder: `user:${applicant}`, source: `project:${applicant}`, resource: PENDING_APPLICATIONS, quantity: by },
      { holder: `project:${applicant}`, source: null, resource: PENDING_APPLICATIONS, quantity: by },
    ]),
  )
  const rows = await tx.query<{ id: bigint }>(FIND, [
    provisions.map(({ holder }) => holder),
    provisions.map(({ source }) => source),
  ])
  if (rows.length < provisions.length) throw new Error(`An applicant has no holding of ${PENDING_APPLICATIONS}`)
  return { provisions, ids: rows.map(({ id }) => id) }
}

/**
 * A commission of the service itself, accepted at once. Its holdings are locked.
 *
 * @throws {Refused} the applicant has too many; nobody minds where it is forced, which it is for administrators.
 */
export async function chargePending(
  tx: Queryable,
  { provisions, ids }: PendingCharge,
  { holdings, pending }: Locked,
  { force }: { readonly force: boolean },
): Promise<void> {
  if (provisions.length === 0) return
  for (const [index, { quantity }] of provisions.entries()) {
    const holding = holdings.get(ids[index] as bigint)
    if (!force && holding && quantity >= 0n && holding.usageMax + quantity > holding.limit)
      throw tooManyPending(holding.limit)
  }
  const { status, body } = await chargeAtOnce(tx, { provisions, ids }, { holdings, pending }, 'pending applications', {
    force: true,
  })
  if (status !== 201) throw new Error(`Pending applications can not be charged: ${body}`)
}

/** What a commission of the service itself came to: it is issued and accepted in one step, where it is not refused. */
export interface Charged {
  readonly status: number
  readonly body: string
  readonly serial: bigint | null
}

/** The holdings are locked. */
export async function chargeAtOnce(
  tx: Queryable,
  { provisions, ids }: PendingCharge,
  { holdings, pending }: Pick<Locked, 'holdings' | 'pending'>,
  name: string,
  { force }: { readonly force: boolean },
): Promise<Charged> {
  const [drawn] = await tx.query<{ serial: bigint }>(DRAW_SERIAL)
  const request: IssueRequest = {
    kind: 'issue',
    component: OWN_COMPONENT,
    name,
    force,
    autoAccept: true,
    provisions,
    idempotency: null,
  }
  const ledger = new Ledger({ holdings, pending, named: new Map([[request, ids]]), serials: [drawn?.serial as bigint] })
  const charged = ledger.issue(request)
  await settled(write(tx, ledger, []))
  return charged
}

/** Where nothing else is locked. */
export async function changePending(
  tx: Queryable,
  changes: readonly PendingChange[],
  options: { readonly force: boolean },
): Promise<void> {
  const charge = await pendingCharge(tx, changes)
  await chargePending(tx, charge, await lockInOrder(tx, { holdings: charge.ids }), options)
}
