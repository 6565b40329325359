import type { Json, JsonObject } from '../json.ts'
import type { Recorded } from '../recorded.ts'
import { formBody, objectBody, onlyMember } from './bodies.ts'
import { isId, memberOf, toArgument, type Drive, type Recognised, type Result } from './drive.ts'
import { LeftOut } from './rules.ts'

type OneName = 'getUsername' | 'serviceGetUsername' | 'getUuid' | 'serviceGetUuid'
type ManyNames = `${OneName}s`

export function userCatalogs(recorded: Recorded): Recognised {
  return lookUp(recorded, { uuids: 'getUsername', displaynames: 'getUuid' })
}

export function serviceUserCatalogs(recorded: Recorded): Recognised {
  return lookUp(recorded, { uuids: 'serviceGetUsername', displaynames: 'serviceGetUuid' })
}

function lookUp(recorded: Recorded, names: { readonly uuids: OneName; readonly displaynames: OneName }): Recognised {
  const body = objectBody(recorded)
  const [member, keys] = onlyMember(body)
  if (member !== 'uuids' && member !== 'displaynames') throw new LeftOut('members')
  const one = names[member]
  const many: ManyNames = `${one}s`
  const catalog = member === 'uuids' ? 'uuid_catalog' : 'displayname_catalog'
  const asked = toArgument(keys) as string[]
  const all: Drive = { name: many, call: (c, o) => c[many](asked, o), result: memberOf(catalog) }
  const everybody = keys === null && many === 'serviceGetUsernames'
  if (!everybody && !(Array.isArray(keys) && keys.every(isId))) throw new LeftOut('refused', [all])
  const [key, ...others] = asked ?? []
  if (key === undefined || others.length > 0) return { json: body, drives: [all] }
  const result = (document: Json): Result => {
    const found = (document as Record<string, JsonObject>)[catalog]?.[key]
    return found === undefined ? { throws: member === 'uuids' ? 'NoUserName' : 'NoUUID' } : { returns: found }
  }
  return { json: body, drives: [all, { name: one, call: (c, o) => c[one](key, o), result }] }
}

export function feedback(recorded: Recorded): Recognised {
  const fields = formBody(recorded)
  const message = fields.get('feedback_msg')
  const data = fields.get('feedback_data')
  if (message === undefined || data === undefined || fields.size > 2) throw new LeftOut('form')
  const call: Drive['call'] = (c, o) => c.sendFeedback(message, data, o)
  if (message === '') throw new LeftOut('refused', [{ name: 'sendFeedback', call }])
  return { form: [...fields], drives: [{ name: 'sendFeedback', answer: 'nothing', call }] }
}

export function defaultProject(recorded: Recorded): Recognised {
  const body = objectBody(recorded)
  const [member, id] = onlyMember(body)
  if (member !== 'project_id') throw new LeftOut('members')
  const call: Drive['call'] = (c, o) => c.setDefaultProject(toArgument(id) as string, o)
  if (!isId(id)) throw new LeftOut('refused', [{ name: 'setDefaultProject', call }])
  return { json: body, drives: [{ name: 'setDefaultProject', answer: 'nothing', call }] }
}

export function resources(): Recognised {
  return { drives: [{ name: 'getResources', call: (c, o) => c.getResources(o) }] }
}

export function services(): Recognised {
  return { drives: [{ name: 'getServices', call: (c, o) => c.getServices(o) }] }
}
