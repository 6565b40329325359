import { isObject, type Json, type JsonObject } from '../replay/json.ts'
import { ODD_DATES } from './project-hints.ts'
import { accepted, resources } from './world.ts'

/** What the specification says of the fields of a project. Project specification, 6.1 and 9. */

/** `either`: in a notation that may be understood or not. */
export type Verdict = 'right' | 'wrong' | 'either'

const is = (condition: boolean): Verdict => (condition ? 'right' : 'wrong')

function worst(verdicts: readonly Verdict[]): Verdict {
  return verdicts.includes('wrong') ? 'wrong' : verdicts.includes('either') ? 'either' : 'right'
}

type Rule = (value: Json) => Verdict

const INT64_MAX = 2n ** 63n - 1n
const uuids = new Set([...accepted.values()].map(({ uuid }) => uuid))

const isText = (value: Json): value is string => typeof value === 'string'
const isPolicy: Rule = (value) => is(isText(value) && ['auto', 'moderated', 'closed'].includes(value))
const isOptionalText: Rule = (value) => is(isText(value) || value === null)

const orNull =
  (rule: Rule): Rule =>
  (value) =>
    value === null ? 'right' : rule(value)
const upTo =
  (characters: number): Rule =>
  (value) =>
    is(!isText(value) || Array.from(value).length <= characters)

const isName: Rule = (value) =>
  is(
    isText(value) &&
      value.length <= 80 &&
      /^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]{2,6}$/.test(value),
  )

const ISO =
  /^(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?(?:Z| ?UTC| ?GMT|[+-]\d{2}:?\d{2})$/

/** Overview, 9. */
function readDate(value: Json): 'future' | 'past' | Verdict {
  if (!isText(value)) return 'wrong'
  if (ODD_DATES.includes(value)) return 'either'
  const [, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (ISO.exec(value) ?? []).map(Number)
  const isReal = day >= 1 && day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()
  if (year < 1 || month < 1 || month > 12 || !isReal || hour > 23 || minute > 59 || second > 59) return 'wrong'
  return year > 2100 ? 'future' : year < 2025 ? 'past' : 'either'
}

const isDate: Rule = (value) => {
  const date = readDate(value)
  return date === 'future' || date === 'past' ? 'right' : date
}
const isFuture: Rule = (value) => {
  const date = readDate(value)
  return date === 'future' ? 'right' : date === 'past' ? 'wrong' : date
}

const UNITS = ['', ...'KMGTP'].flatMap((unit) => (unit === '' ? ['', 'BYTES'] : [unit, `${unit}B`, `${unit}IB`]))

/** Overview, 10.1. */
function readQuantity(value: Json): bigint | null {
  if (typeof value === 'bigint') return value
  if (!isText(value)) return null
  if (value === 'inf' || value === 'infinite') return INT64_MAX
  const [, whole, fraction = '', rest] = /^([0-9]+)(?:\.([0-9]*))?([^\n]*)$/.exec(value) ?? []
  // Of capitals only those that this alphabet has letters for.
  const unit = rest?.trim().replaceAll(/[a-z]/g, (letter) => letter.toUpperCase())
  if (whole === undefined || unit === undefined || !UNITS.includes(unit)) return null
  const power = unit === 'BYTES' ? 0 : 'KMGTP'.indexOf(unit.charAt(0) || 'x') + 1
  return (BigInt(whole + fraction) * 1024n ** BigInt(power)) / 10n ** BigInt(fraction.length)
}

/** Nobody has to read a number that is longer than any. */
const isOdd = (value: Json): boolean => isText(value) && (value.endsWith('\n') || value.length > 100)
const isParsed: Rule = (value) => (isOdd(value) ? 'either' : is(readQuantity(value) !== null))
const isInRange: Rule = (value) => {
  const quantity = readQuantity(value)
  return is(quantity === null || (quantity >= 0n && quantity <= INT64_MAX))
}

const isLimit = (value: Json | undefined): value is bigint =>
  typeof value === 'bigint' && value >= 0n && value <= INT64_MAX

function isCapacity(value: Json): boolean {
  if (!isObject(value)) return false
  const { project_capacity: project, member_capacity: member } = value
  return isLimit(project) && isLimit(member) && project >= member
}

const isResources: Rule = (value) =>
  is(
    isObject(value) &&
      Object.entries(value).every(([name, capacity]) => resources.get(name) === true && isCapacity(capacity)),
  )

type Rules = Readonly<Record<string, Rule>>

/** Of those that are given, a missing one counts as null where `required` names it. */
function judge(document: JsonObject, rules: Rules, required: readonly string[] = []): Verdict {
  return worst(
    Object.entries(rules).map(([name, rule]) => {
      const value = document[name]
      return value === undefined ? is(!required.includes(name)) : rule(value)
    }),
  )
}

const OWNER: Rules = { owner: orNull((value) => is(isText(value) && uuids.has(value))) }
const TYPES: Rules = {
  private: (value) => is(typeof value === 'boolean' || value === null),
  homepage: isOptionalText,
  description: isOptionalText,
  comments: isOptionalText,
}
const CONTENTS: Rules = {
  resources: isResources,
  homepage: upTo(255),
  description: upTo(4096),
  comments: upTo(4096),
  max_members: isInRange,
  start_date: orNull(isDate),
}
const CREATION: Rules = {
  ...OWNER,
  ...TYPES,
  name: isName,
  join_policy: isPolicy,
  leave_policy: isPolicy,
  end_date: isFuture,
}

export function creation(document: JsonObject): Verdict {
  return worst([
    judge(document, CREATION, ['name', 'end_date']),
    judge(document, CONTENTS),
    judge(document, { max_members: isParsed }),
  ])
}

/** What is looked at before the project. */
export function changesAtFirst(document: JsonObject): Verdict {
  const policies = { join_policy: orNull(isPolicy), leave_policy: orNull(isPolicy) }
  return judge(document, { ...OWNER, ...TYPES, ...policies, max_members: orNull(isParsed) })
}

/** What is looked at once the caller may. */
export function changesAtLast(document: JsonObject): Verdict {
  return judge(document, { ...CONTENTS, name: orNull(isName), end_date: orNull(isFuture) })
}

/** How many resources it asks for. */
export function resourcesIn({ resources: asked }: JsonObject): number {
  return isObject(asked) ? Object.keys(asked).length : 0
}
