import { z } from 'zod'
import type { Queryable } from '../../db/statement.ts'
import { comparePending, correctPending } from '../../projects/reconcile-pending.ts'
import { Refused } from '../../projects/refused.ts'
import { deleteUnexpected, fixLimitsOf, type Fixed } from '../../quotas/fix.ts'
import { findSuspects, type Inconsistency } from '../../quotas/verify.ts'
import { flag, page, uuid } from '../input.ts'
import { changes, series, type Change, type Operation } from '../operation.ts'

/** What puts holdings right again. Source: administration specification, 1.4. */

/** Above so many, a row of the audit tells the numbers. */
const AUDITED_MAX = 1000

export const unexpected: z.ZodDefault<z.ZodBoolean> = flag
  .default(false)
  .describe('also holdings that correspond to nothing (false)')

/** At once: whoever charges them meanwhile does not wait for long, however many there are. */
const PROJECTS_AT_ONCE = 500

export const fix: Operation = series({
  name: 'quota-fix',
  scope: 'quotas:write',
  summary: 'Makes all limits what they should be, and missing holdings; usage stays.',
  input: z.strictObject({ unexpected, limit: page.limit }),
  async run(environment, { unexpected: alsoUnexpected, limit }) {
    const suspects = await environment.database.transaction((tx) => findSuspects(tx, alsoUnexpected))
    const isMany = suspects.total > AUDITED_MAX
    const change = async (body: (tx: Queryable, itemsMax: number) => Promise<Fixed>): Promise<Fixed> =>
      (await environment.change(async ({ tx }) => {
        const fixed = await body(tx, AUDITED_MAX)
        return { output: fixed, changes: auditOf(fixed, isMany) }
      })) as Fixed
    let sum: Fixed = { changed: 0n, created: 0n, deleted: 0n, kept: 0n, items: [] }
    for (let start = 0; start < suspects.projects.length; start += PROJECTS_AT_ONCE) {
      const some = suspects.projects.slice(start, start + PROJECTS_AT_ONCE)
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      sum = added(sum, await change((tx, itemsMax) => fixLimitsOf(tx, some, itemsMax)), limit)
    }
    if (suspects.unexpected.length === 0) return sum
    return added(sum, await change((tx, itemsMax) => deleteUnexpected(tx, suspects.unexpected, itemsMax)), limit)
  },
})

function added(one: Fixed, other: Fixed, itemsMax: number): Fixed {
  return {
    changed: one.changed + other.changed,
    created: one.created + other.created,
    deleted: one.deleted + other.deleted,
    kept: one.kept + other.kept,
    items: [...one.items, ...other.items].slice(0, itemsMax),
  }
}

function auditOf({ items, kept: _, ...counts }: Fixed, isMany: boolean): Change[] {
  const { changed, created, deleted } = counts
  const total = changed + created + deleted
  if (total > 0n && (isMany || total > AUDITED_MAX)) return [{ subject: 'holdings', before: null, after: counts }]
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
