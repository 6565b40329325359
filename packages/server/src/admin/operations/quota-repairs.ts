import { z } from 'zod'
import { comparePending, correctPending } from '../../projects/reconcile-pending.ts'
import { Refused } from '../../projects/refused.ts'
import { fixLimits, type Fixed } from '../../quotas/fix.ts'
import type { Inconsistency } from '../../quotas/verify.ts'
import { flag, page, uuid } from '../input.ts'
import { changes, type Change, type Operation } from '../operation.ts'

/** What puts holdings right again. Source: administration specification, 1.4. */

/** Above so many, one row of the audit tells the numbers. */
const AUDITED_MAX = 1000

export const unexpected: z.ZodDefault<z.ZodBoolean> = flag
  .default(false)
  .describe('also holdings that correspond to nothing (false)')

export const fix: Operation = changes({
  name: 'quota-fix',
  scope: 'quotas:write',
  summary: 'Makes all limits what they should be, and missing holdings; usage stays.',
  input: z.strictObject({ unexpected, limit: page.limit }),
  async run({ tx }, { unexpected: alsoUnexpected, limit }) {
    const fixed = await fixLimits(tx, { unexpected: alsoUnexpected, itemsMax: AUDITED_MAX })
    return { output: { ...fixed, items: fixed.items.slice(0, limit) }, changes: auditOf(fixed) }
  },
})

function auditOf({ items, kept: _, ...counts }: Fixed): Change[] {
  const { changed, created, deleted } = counts
  if (changed + created + deleted > AUDITED_MAX) return [{ subject: 'holdings', before: null, after: counts }]
  return items.map(({ holder, source, resource, stored, computed }: Inconsistency) => ({
    subject: `holding:${holder}/${source ?? ''}/${resource}`,
    before: stored === null ? null : { limit: stored },
    after: computed === null ? null : { limit: computed },
  }))
}

export const reconcile: Operation = changes({
  name: 'reconcile-pending-applications',
  scope: 'quotas:write',
  summary: 'Compares the usage of astakos.pending_app with the pending applications, and corrects it.',
  input: z.strictObject({
    user: uuid.optional().describe('only what this user and their system project hold'),
    project: uuid.optional().describe('only what this project and its members hold'),
    fix: flag.default(false).describe('corrects the usage, by a commission that is accepted at once (false)'),
    force: flag.default(false).describe('beyond limits, too (false)'),
    limit: page.limit,
  }),
  async run({ tx }, { user = null, project = null, fix: isToBeFixed, force, limit }) {
    const { compared, unsynced } = await comparePending(tx, { user, project })
    if (compared === 0n && (user ?? project) !== null)
      throw new Refused('unknown', `${user === null ? 'project' : 'user'}: has no quota of astakos.pending_app`)
    const output = {
      compared,
      unsynced: unsynced.length,
      items: unsynced.slice(0, limit).map(({ id: _, ...item }) => item),
    }
    const correction = isToBeFixed ? await correctPending(tx, unsynced, { force }) : null
    if (correction === null) return { output, changes: [] }
    const { serial, corrected } = correction
    return {
      output: { ...output, message: 'Fixed unsynced resources', serial, fixed: corrected.length },
      changes: corrected.map(({ holder, source, usage, applications }) => ({
        subject: `holding:${holder}/${source ?? ''}/astakos.pending_app`,
        before: { usage },
        after: { usage: applications, serial },
      })),
    }
  },
})
