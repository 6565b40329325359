import type { Call } from './call.ts'
import { NotFound } from './errors.ts'
import { getCommissionInfo } from './operations/commissions.ts'
import type { Run } from './run.ts'
import { isDict } from './wire/fault.ts'
import type { CommissionInfo, Resolution, Serial } from './wire/types.ts'

/**
 * Accepting and rejecting when an answer was lost. A second attempt is then told that there is no such commission,
 * which may mean that the first one worked or that somebody did the opposite. A service that keeps resolved
 * commissions knows; nobody else does.
 *
 * Source: idempotency contract, 13; client specification, 5.
 */

const WANTED: Readonly<Record<string, string>> = { accept: 'accepted', reject: 'rejected' }

/** @throws {NotFound} with `outcome` "none" when it ended the other way, "unknown" when nobody can tell. */
export async function settle(run: Run, serial: Serial, action: string, call: Call<void>): Promise<void> {
  try {
    await run.send(call)
  } catch (error) {
    if (!(error instanceof NotFound) || error.outcome !== 'unknown') throw error
    const state = await endOf(run, serial)
    if (state === WANTED[action]) return
    if (state === 'accepted' || state === 'rejected')
      // Its own fields are the facts about the call.
      // oxlint-disable-next-line typescript/no-misused-spread
      throw new NotFound(error.message, { ...error, outcome: 'none', cause: error })
    throw error
  }
}

/** The same for each serial that is reported as unknown after an answer was lost. */
export async function settleMany(
  run: Run,
  call: Call<Resolution>,
  accept: ReadonlySet<Serial>,
  reject: ReadonlySet<Serial>,
): Promise<Resolution> {
  const resolution = await run.send(call)
  if (!run.ambiguous || !Array.isArray(resolution.failed)) return resolution
  const failed: Resolution['failed'] = []
  const settled: Readonly<Record<string, { wanted: ReadonlySet<Serial>; serials: unknown }>> = {
    accepted: { wanted: accept, serials: resolution.accepted },
    rejected: { wanted: reject, serials: resolution.rejected },
  }
  for (const entry of resolution.failed) {
    // What is none of a service's entries is passed on as it is.
    const [serial, fault] = Array.isArray(entry) ? entry : []
    const isUnknown = serial !== undefined && isDict(fault) && isDict(fault['itemNotFound'])
    // One after the other: there are few, and each may be the last for which there is time.
    // oxlint-disable-next-line no-await-in-loop
    const state = isUnknown ? await endOf(run, serial) : null
    const { wanted, serials } = settled[state ?? ''] ?? {}
    if (isUnknown && wanted?.has(serial) && Array.isArray(serials)) serials.push(serial)
    else failed.push(entry)
  }
  return { ...resolution, failed }
}

/** How a commission ended; null when that can't be found out. */
async function endOf(run: Run, serial: Serial): Promise<CommissionInfo['state'] | null> {
  try {
    if (!(await run.features()).has('resolved-commissions')) return null
    return (await run.send(getCommissionInfo(serial, true))).state ?? null
  } catch (error) {
    if (run.signal?.aborted) throw error
    return null
  }
}
