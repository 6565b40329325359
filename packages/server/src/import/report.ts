import type { LimitComparison, LimitDifference } from './compare-limits.ts'
import type { QuotaComparison } from './compare-quotas.ts'
import type { Note, Reasoned } from './notes.ts'

/** What an import did. No secret is in it. */
export type Report =
  | {
      readonly outcome: 'imported' | 'dry run'
      readonly carried: readonly Note[]
      readonly changed: readonly Reasoned[]
      readonly left_out: readonly Reasoned[]
      /** Carried as they are, and compared with what projects and memberships make of them. */
      readonly limits: LimitComparison
      /** As the original answers them, and as this service does. */
      readonly quotas: QuotaComparison
      readonly next_steps: readonly string[]
    }
  | { readonly outcome: 'nothing to do'; readonly since: string }

/** Settings that the original keeps in files. */
const SETTINGS =
  'Settings are not in the database. Give serve, as the old settings had them: --base-url (ASTAKOS_BASE_URL), --project-admins (ASTAKOS_PROJECT_ADMINS; nobody decides about applications without it), --cookie-domain, --cookie-name, --redirect-schemes, --components-meta, --project-notifications-recipients, --feedback-notifications-recipients, --smtp-url'

/** For people. */
export function textOf(report: Report): string {
  if (report.outcome === 'nothing to do')
    return `nothing to do: this database holds what --from held at the import of ${report.since}, and neither has changed since\n`
  const { outcome, carried, changed, left_out: leftOut, limits, quotas, next_steps: steps } = report
  return [
    section('Carried', carried.map(lineOf)),
    section('Changed', changed.map(reasonedLineOf)),
    section('Left out', leftOut.map(reasonedLineOf)),
    section('Limits, compared with what projects and memberships make of them', limitLines(limits)),
    section(
      'Next',
      [SETTINGS, ...steps].map((step) => `- ${step}`),
    ),
    `${quotas.compared} quotas compared, ${quotas.differ} differ\n`,
    outcome === 'dry run' ? 'A dry run: nothing was imported\n' : 'Imported\n',
  ].join('')
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${title}\n${lines.map((line) => `  ${line}\n`).join('')}\n`
}

function lineOf({ what, rows }: Note): string {
  return `${String(rows).padStart(9)}  ${what}`
}

function reasonedLineOf({ what, rows, why }: Reasoned): string {
  return `${String(rows).padStart(9)}  ${what}: ${why}`
}

function limitLines({ compared, differ, missing, unexpected, first }: LimitComparison): string[] {
  const counts = `${compared} compared: ${differ} have another limit, ${missing} are missing, ${unexpected} are of holders, projects or resources that are gone`
  if (first.length === 0) return [counts]
  return [`${counts}; none was mended`, ...first.map(differenceOf)]
}

function differenceOf({ holder, source, resource, computed, carried }: LimitDifference): string {
  const key = `${holder} ${source ?? '-'} ${resource}`
  if (carried === null) return `${key}: computed ${computed}, no holding`
  if (computed === null) return `${key}: carried ${carried}, not expected`
  return `${key}: carried ${carried}, computed ${computed}`
}
