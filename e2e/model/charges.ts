import type { Act, Issue } from './steps.ts'
import type { Bound, Charge, Settle } from './steps-projects.ts'

/** As the commission that it is. */
export function asCommission(step: Charge<Bound> | Settle<Bound>): Issue | Act<bigint> {
  if (step.kind === 'settle') return { kind: 'act', by: step.by, action: step.action, serial: step.serial }
  const { id, by, user, project, resource, quantity, force, autoAccept } = step
  const provisions = [
    { holder: `user:${user}`, source: `project:${project}`, resource, quantity },
    { holder: `project:${project}`, source: null, resource, quantity },
  ]
  return { kind: 'issue', id, by, provisions, name: `charge ${id}`, force, autoAccept, key: null }
}
