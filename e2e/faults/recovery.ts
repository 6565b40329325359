import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../model/random.ts'
import { act, find, issue, type Desk } from './calls.ts'
import type { Call, State } from './journal.ts'

const CONCURRENCY = 16
const ATTEMPTS_MAX = 100

/**
 * What every worker does that begins again, knowing its journal alone: a call without an answer is made again with its
 * key; what that reserved is settled. A settlement without an answer is asked for, and made where it was not.
 * Source: idempotency contract, 12 and 13.
 */
export async function recover(desk: Desk, calls: Iterable<Call>, random: Random): Promise<void> {
  const unfinished = [...calls].filter(
    ({ decision, attempted, state }) => decision === null || (attempted.size > 0 && state === null),
  )
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (let call = unfinished.pop(); call; call = unfinished.pop()) await recoverCall(desk, call, random)
    }),
  )
}

async function recoverCall(desk: Desk, call: Call, random: Random): Promise<void> {
  const known = call.decision ?? (await patiently(() => issue(desk, call)))
  if (known === null) return desk.onSurprise(`The call with the key ${call.key} can't be decided`)
  if (known.serial === null || call.autoAccept) return
  const open = { key: call.key, component: call.component, serial: known.serial }
  const settled = await patiently(async () => {
    const state = await find(desk, open)
    if (state === 'unknown') return null
    return state !== 'pending' || (await act(desk, open, coin(random))) || null
  })
  if (settled === null) desk.onSurprise(`${known.serial} of the key ${call.key} can't be settled`)
}

const coin = (random: Random): State => (random.chance(0.5) ? 'accepted' : 'rejected')

async function patiently<T>(attempt: () => Promise<T | null>): Promise<T | null> {
  for (let n = 0; n < ATTEMPTS_MAX; n++) {
    const result = await attempt()
    if (result !== null) return result
    await sleep(100)
  }
  return null
}
