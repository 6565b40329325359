import { badRequest } from '../http/fault.ts'
import { integerOf } from '../http/json.ts'
import { hasAtMost, isObject } from '../http/validate.ts'
import type { Capacity, Wishes } from '../projects/application.ts'
import { parseDate } from '../projects/dates.ts'
import type { Stated } from './project-schemas.ts'

/** The checks that are made once it is known that the caller may ask, in their order. Source: project specification, 6.1, rows 12 to 26. */

const INT64_MAX = 2n ** 63n - 1n

/** Labels of letters, digits and inner hyphens, then a last one of two to six letters. P-6: nothing behind it. */
const DOMAIN = /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z]{2,6}$/i

const MALFORMED = 'Malformed resource policies'

/** @param visible those of the names that the API shows. @throws {Fault} 400 */
export async function wishesOf(
  stated: Stated,
  ownerId: bigint | null,
  visible: (names: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<Wishes> {
  const capacities = await capacitiesOf(stated.resources, visible)
  const name = stated.name === undefined || stated.name === null ? null : nameOf(stated.name)
  const { homepage, description, comments, max_members: maxMembers } = stated
  checkLength('homepage', homepage, 255)
  checkLength('description', description, 4096)
  checkLength('comments', comments, 4096)
  if (maxMembers !== null && (maxMembers < 0n || maxMembers > INT64_MAX)) throw badRequest('max_members out of range')
  const startDate = dateOf('start_date', stated.start_date)
  const endDate = dateOf('end_date', stated.end_date)
  if (endDate !== null && Date.parse(endDate) < Date.now()) throw badRequest("'end_date' must be in the future")
  return {
    name,
    ownerId,
    homepage,
    description,
    startDate,
    endDate,
    comments,
    joinPolicy: stated.join_policy,
    leavePolicy: stated.leave_policy,
    maxMembers,
    isPrivate: stated.private,
    capacities,
  }
}

async function capacitiesOf(
  resources: unknown,
  visible: (names: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<Capacity[]> {
  if (resources === undefined) return []
  if (!isObject(resources)) throw badRequest(MALFORMED)
  const names = Object.keys(resources)
  const known = names.length === 0 ? new Set<string>() : await visible(names)
  // Row after row, each for all of them.
  if (names.some((name) => !known.has(name))) throw badRequest(MALFORMED)
  const capacities = names.map((name) => capacityOf(name, resources[name]))
  const limits = capacities.flatMap(({ projectCapacity, memberCapacity }) => [projectCapacity, memberCapacity])
  if (limits.some((limit) => limit > INT64_MAX)) throw badRequest(`Quota limit exceeds max value ${INT64_MAX}`)
  if (limits.some((limit) => limit < 0n)) throw badRequest('Negative quota limit is not allowed')
  const inverted = capacities.find(({ projectCapacity, memberCapacity }) => projectCapacity < memberCapacity)
  if (inverted) throw badRequest(`Project quota limit is less than member limit for resource '${inverted.resource}'`)
  return capacities
}

function capacityOf(resource: string, value: unknown): Capacity {
  if (!isObject(value)) throw badRequest(MALFORMED)
  return {
    resource,
    projectCapacity: limitOf(value['project_capacity']),
    memberCapacity: limitOf(value['member_capacity']),
  }
}

function limitOf(value: unknown): bigint {
  const limit = integerOf(value)
  if (limit === null) throw badRequest(MALFORMED)
  return limit
}

function nameOf(name: unknown): string {
  if (typeof name !== 'string') throw badRequest('Project name should be in domain format')
  checkLength('name', name, 80)
  if (!DOMAIN.test(name)) throw badRequest('Project name should be in domain format')
  return name
}

function checkLength(field: string, text: string | null, max: number): void {
  if (text === null || hasAtMost(text, max)) return
  throw badRequest(`'${field}' value exceeds max length ${max}`)
}

function dateOf(field: string, value: unknown): string | null {
  if (value === null || value === undefined) return null
  const date = parseDate(value)
  if (date === null) throw badRequest(`Invalid ${field}`)
  return date
}
