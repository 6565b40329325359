import { pepperOf } from '../identity/pepper.ts'
import type { SecretKeys } from '../identity/secret-keys.ts'
import { recordChanges } from '../admin/audit.ts'
import type { Database } from '../db/database.ts'
import { isLockConflict } from '../db/errors.ts'
import { Line } from '../db/line.ts'
import { sql } from '../db/statement.ts'
import { copyApplications } from './applications.ts'
import { compareLimits } from './compare-limits.ts'
import { compareQuotas } from './compare-quotas.ts'
import type { Import } from './copy.ts'
import { copyGroups } from './groups.ts'
import { copyMembershipLog, copyProjectLog } from './logs.ts'
import { copyMemberships } from './memberships.ts'
import { Notes } from './notes.ts'
import { copyOauth2 } from './oauth2.ts'
import { copyLastApplications, copyProjects } from './projects.ts'
import { copyProvisionLog } from './provision-log.ts'
import { copyCommissions, copyHoldings } from './quotas.ts'
import { copyComponents, copyResources, copyServices, moveOwnServices } from './registry.ts'
import type { Report } from './report.ts'
import { copySequences } from './sequences.ts'
import { copySignInMethods } from './sign-in-methods.ts'
import { Source } from './source.ts'
import { Target } from './target.ts'
import { copyTerms } from './terms.ts'
import { copyUsers } from './users.ts'
import { makeRoom, NotVacant, remember } from './vacancy.ts'

export interface ImportOptions {
  /** Of a database of Astakos 0.21. */
  readonly from: string
  /** Everything is done, and taken back. */
  readonly isDryRun: boolean
  /** Where the texts of terms lie. */
  readonly termsDir: string | null
  /** For the audit. */
  readonly actor: string
  readonly onProgress?: (what: string, rows: number) => void
}

/** In the order of their references. */
const PARTS: readonly ((to: Import) => Promise<void>)[] = [
  copyUsers,
  copyGroups,
  copySignInMethods,
  copyComponents,
  copyServices,
  moveOwnServices,
  copyResources,
  copyProjects,
  copyApplications,
  copyLastApplications,
  copyMemberships,
  copyMembershipLog,
  copyProjectLog,
  copyHoldings,
  copyCommissions,
  copyProvisionLog,
  copyOauth2,
  copyTerms,
  leaveOutOldQuotas,
  copySequences,
]

const BEGIN = sql('begin')
const COMMIT = sql('commit')
const ROLL_BACK = sql('rollback')
const UTC = sql("set local timezone to 'UTC'")
// So many rows at once: without new figures the plans of what is compared would be those for empty tables.
const ANALYZE = sql('analyze users, resources, projects, project_resources, memberships, holdings, commissions')

/**
 * Brings everything of an original into this database, in one transaction: all of it, or nothing.
 *
 * @throws {SourceError} the original can't be read. @throws {NotVacant} this database is in use. @throws {BrokenRow}
 */
export async function importFrom(
  { database, secretKey }: { readonly database: Database; readonly secretKey: SecretKeys },
  { from, isDryRun, termsDir, actor, onProgress = () => undefined }: ImportOptions,
): Promise<Report> {
  await using source = await Source.open(from)
  // A connection of its own, since the service's give up on statements that take long.
  const line = database.line()
  try {
    // The connection itself: another one, opened when this breaks, would write outside of the transaction.
    const tx = Line.queryable(await line.open())
    await tx.query(BEGIN)
    try {
      await tx.query(UTC)
      const pepper = await pepperOf(tx, secretKey)
      const to = { source, target: new Target(tx), notes: new Notes(onProgress), secretKey, pepper, termsDir }
      const report = await carryOver(to, actor)
      await tx.query(isDryRun ? ROLL_BACK : COMMIT)
      return report.outcome === 'imported' && isDryRun ? { ...report, outcome: 'dry run' } : report
    } catch (error) {
      await tx.query(ROLL_BACK).catch(() => undefined)
      throw isLockConflict(error)
        ? new NotVacant('This database is being written to: stop the service on it, and other imports')
        : error
    }
  } finally {
    await line.close()
  }
}

async function carryOver(to: Import, actor: string): Promise<Report> {
  const { source, notes, pepper, target } = to
  const before = await makeRoom(target.tx, source, pepper)
  if (before !== null) return { outcome: 'nothing to do', since: before }
  // oxlint-disable-next-line no-await-in-loop -- one connection
  for (const part of PARTS) await part(to)
  await target.tx.query(ANALYZE)
  const limits = await compareLimits(target.tx)
  const quotas = await compareQuotas(to)
  if (quotas.differ > 0)
    throw new Error(
      `${quotas.compared} quotas compared, ${quotas.differ} differ, the first: ${quotas.first.join('; ')}; nothing was imported`,
    )
  await remember(target.tx, source, pepper)
  const carried = Object.fromEntries(notes.carried.map(({ what, rows }) => [what, rows]))
  await recordChanges(target.tx, actor, 'import', [{ subject: 'database', before: null, after: carried }])
  return {
    outcome: 'imported',
    carried: notes.carried,
    changed: notes.changed,
    left_out: notes.leftOut,
    limits,
    quotas,
    next_steps: notes.steps,
  }
}

async function leaveOutOldQuotas({ source, notes }: Import): Promise<void> {
  const why = 'capacities of releases before 0.16, which projects have taken over'
  notes.leaveOut('im_astakosuserquota', why, await source.count('im_astakosuserquota'))
}
