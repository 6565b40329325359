import type { Queryable } from '../db/statement.ts'
import { anybodysCommission } from './commissions.ts'
import { Ledger } from './decide.ts'
import { lockInOrder, settled } from './lock.ts'
import type { ResolveRequest } from './requests.ts'
import { write } from './write.ts'

export type LostCommission = NonNullable<Awaited<ReturnType<typeof anybodysCommission>>>

/**
 * Accepts or rejects a commission in the place of the component that lost it. What comes of it is what would have come of
 * the component's own call; of two that come together, one finds it resolved.
 *
 * @returns it as it was; null: it is not pending.
 */
export async function resolveLost(
  tx: Queryable,
  serial: bigint,
  how: 'accept' | 'reject',
  reason: string,
): Promise<LostCommission | null> {
  const locked = await lockInOrder(tx, { serials: [serial] })
  const commission = locked.pending.has(serial) ? await anybodysCommission(tx, serial) : null
  if (commission === null) return null
  const ledger = new Ledger({ ...locked, named: new Map(), serials: [] })
  const request: ResolveRequest = {
    kind: 'resolve',
    component: commission.component,
    accept: how === 'accept' ? [serial] : [],
    reject: how === 'reject' ? [serial] : [],
    reason,
  }
  ledger.resolve(request)
  await settled(write(tx, ledger, []))
  return commission
}
