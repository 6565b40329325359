import type { Policy } from './locked-project.ts'

/** How operators read a project. Source: administration specification, 1.5. */

/** Of `p` and its last application `a`, which tells more of a project that is not there yet, or not any more. */
export const STATUS = `
  case
    when p.state in ('uninitialized', 'deleted') and a.state in ('pending', 'denied', 'dismissed', 'cancelled')
      then initcap(a.state)
    else initcap(p.state)
  end`

/** P-4: it stays when the project is active again. */
export const DEACTIVATED = `
  (select max(l.date) from project_log as l where l.project_id = p.id and l.to_state in ('suspended', 'terminated'))`

export const POLICY_TEXTS: Readonly<Record<Policy, string>> = {
  auto: 'automatically accepted',
  moderated: 'owner accepts',
  closed: 'closed',
}
