import { brokenInvariants } from './invariants.ts'
import type { Stage } from './stage.ts'

/**
 * I10: whatever became of projects and memberships, each commission that waits can be accepted and can be rejected; every
 * other one is. @returns a line for each thing that is wrong.
 */
export async function settlePending(stage: Stage): Promise<string[]> {
  const listed = await stage.call('component:cyclades', { method: 'GET', path: 'commissions' })
  const serials = (listed.json as (number | bigint)[]).map(Number)
  const body = {
    accept: serials.filter((_, index) => index % 2 === 0),
    reject: serials.filter((_, index) => index % 2 === 1),
  }
  const { json, text } = await stage.call('component:cyclades', { method: 'POST', path: 'commissions/action', body })
  const { accepted, rejected, failed } = json as Record<'accepted' | 'rejected' | 'failed', unknown[]>
  const isAll = accepted.length + rejected.length === serials.length && failed.length === 0
  return [
    ...(isAll ? [] : [`I10: not each of ${serials.length} commissions could be ended: ${text.slice(0, 500)}`]),
    ...(await brokenInvariants(stage.database, null)).map((line) => `at the end: ${line}`),
  ]
}
