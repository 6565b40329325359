import type { ApplicationAction, ProjectAction, ProjectSpecs } from 'astakosclient'
import { isObject, type JsonObject } from '../json.ts'
import type { Recorded } from '../recorded.ts'
import { distinct, objectBody, onlyMember, onlyMembers } from './bodies.ts'
import { isInt64, isSafe, toArgument, type Drive, type Recognised } from './drive.ts'
import { LeftOut } from './rules.ts'

export function projects(recorded: Recorded): Recognised {
  const filter = Object.fromEntries(distinct(recorded.query, 'query'))
  const drive: Drive = { name: 'getProjects', call: (c, o) => c.getProjects({ ...o, ...filter }) }
  if (Object.values(filter).includes('')) throw new LeftOut('refused', [drive])
  return { drives: [drive] }
}

export function project(_: Recorded, [projectId = '']: readonly string[]): Recognised {
  return { drives: [{ name: 'getProject', call: (c, o) => c.getProject(projectId, o) }] }
}

export function createProject(recorded: Recorded): Recognised {
  const body = objectBody(recorded)
  const specs = toArgument(body) as ProjectSpecs & { name: string; end_date: string }
  return apply(body, { name: 'createProject', call: (c, o) => c.createProject(specs, o) })
}

export function modifyProject(recorded: Recorded, [projectId = '']: readonly string[]): Recognised {
  const body = objectBody(recorded)
  const specs = toArgument(body) as ProjectSpecs
  return apply(body, { name: 'modifyProject', call: (c, o) => c.modifyProject(projectId, specs, o) })
}

/** The service judges the members; quantities and the shape around them are what the client insists on. */
function apply(body: JsonObject, drive: Drive): Recognised {
  const { max_members: maxMembers, resources = {} } = body
  const capacities = isObject(resources) ? Object.values(resources) : [resources]
  const quantities = capacities.flatMap((of) =>
    isObject(of) ? ['project_capacity', 'member_capacity'].map((name) => of[name]) : [null],
  )
  if (typeof maxMembers !== 'string') quantities.push(maxMembers)
  if (!quantities.every((quantity) => quantity === undefined || isInt64(quantity)))
    throw new LeftOut('refused', [drive])
  return { json: body, drives: [drive] }
}

export function projectAction(recorded: Recorded, [projectId = '']: readonly string[]): Recognised {
  const body = objectBody(recorded)
  const [action, value] = onlyMember(body)
  if (!isObject(value)) throw new LeftOut('value')
  onlyMembers(value, 'reason', 'app_id')
  const { app_id: appId, reason = '' } = value
  const drive: Drive =
    appId === undefined
      ? {
          name: 'projectAction',
          answer: 'nothing',
          call: (c, o) =>
            c.projectAction(projectId, action as ProjectAction, { ...o, reason: toArgument(reason) as string }),
        }
      : {
          name: 'applicationAction',
          answer: 'nothing',
          call: (c, o) =>
            c.applicationAction(projectId, toArgument(appId) as number, action as ApplicationAction, {
              ...o,
              reason: toArgument(reason) as string,
            }),
        }
  const sendable = action !== '' && typeof reason === 'string' && (appId === undefined || isSafe(appId))
  if (!sendable) throw new LeftOut('refused', [drive])
  return { json: { [action]: { ...value, reason } }, drives: [drive] }
}
