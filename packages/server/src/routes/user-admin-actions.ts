import type { Queryable } from '../db/statement.ts'
import { badRequest, Fault } from '../http/fault.ts'
import { shown } from '../http/json.ts'
import { isObject } from '../http/validate.ts'
import { messageOf, setDefaultProject } from '../identity/default-project.ts'
import {
  activateAccount,
  changed,
  deactivateAccount,
  renewTokenOf,
  signTermsOf,
  type Acted,
} from '../operations/user-actions.ts'
import { findAccount } from '../operations/user-admin.ts'
import type { Service } from '../service.ts'
import { DEFAULT_PROJECT_FAULTS } from './account.ts'

/** One action on an account, by the name that it has in the audit. */
interface Action {
  readonly operation: string
  /** In the transaction of the change. */
  readonly act: (tx: Queryable, uuid: string, service: Service) => Promise<Acted>
}

/** By the member that asks for it. @throws {Fault} 400: what it is set to is nothing that fits. */
const ACTIONS: Readonly<Record<string, (value: unknown) => Action>> = {
  activate: () => ({ operation: 'activate', act: activateAccount }),
  deactivate: (value) => {
    const reason = memberOf('deactivate', value, 'reason') ?? ''
    if (typeof reason !== 'string' || reason.length > REASON_MAX)
      throw badRequest(`Invalid reason: a text of at most ${REASON_MAX} characters`)
    return { operation: 'deactivate', act: (tx, uuid) => deactivateAccount(tx, uuid, reason) }
  },
  renewToken: () => ({
    operation: 'renew-token',
    act: (tx, uuid, { desk }) => renewTokenOf(tx, desk.key, uuid, desk.newExpiry()),
  }),
  signTerms: () => ({ operation: 'sign-terms', act: signTermsOf }),
  setDefaultProject: (value) => {
    const id = memberOf('setDefaultProject', value, 'project_id') ?? null
    if (id === null) throw badRequest('Project id not specified')
    return { operation: 'set-default-project', act: (tx, uuid) => setDefault(tx, uuid, id) }
  },
}

const REASON_MAX = 4096

/** what is no object is refused instead of failing. */
function memberOf(action: string, value: unknown, name: string): unknown {
  if (!isObject(value)) throw badRequest(`Invalid ${action}: an object is expected`)
  return value[name]
}

/** @throws {Fault} 400: it asks for none of them, or for several. */
export function actionIn(document: unknown): Action {
  const [wanted, ...others] = isObject(document)
    ? Object.entries(document).filter(([name]) => Object.hasOwn(ACTIONS, name))
    : []
  const read = wanted && others.length === 0 ? ACTIONS[wanted[0]] : undefined
  if (!wanted || !read) throw badRequest('Invalid action')
  return read(wanted[1])
}

/** As the user could: X-12. @throws {Fault} 403, 404, 409 with the messages of that call; the state of an account is a 409. */
async function setDefault(tx: Queryable, uuid: string, id: unknown): Promise<Acted> {
  const before = await findAccount(tx, uuid)
  const refusal = typeof id === 'string' ? await setDefaultProject(tx, before.id, id) : 'unknown'
  if (refusal !== null) {
    const fault = DEFAULT_PROJECT_FAULTS[refusal]
    throw new Fault(fault === 'notAllowed' ? 'conflict' : fault, messageOf(refusal, shown(id)))
  }
  const after = await findAccount(tx, uuid)
  return { user: { default_project: after.default_project }, changes: changed(before, after, ['default_project']) }
}
