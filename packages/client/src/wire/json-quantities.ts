import { UNLIMITED } from './quantity.ts'

/** What `JSON.parse` makes of 9223372036854775807. */
const ROUNDED_UNLIMITED = 2 ** 63

/**
 * Puts what is exact in the place of numbers: 9223372036854775807n for 2 ** 63 where that stands for it, a `bigint` for
 * every quantity.
 *
 * @param unlimited the survey met 9223372036854775807.
 * @returns false when a number is neither safe nor 2 ** 63: the document is spoilt then, and its text wants the other parser.
 */
export function restore(holder: object, options: { unlimited: boolean; quantities: boolean }): boolean {
  const { unlimited, quantities } = options
  // Somebody may have added to the prototype of all objects.
  const inheritsNames = Object.keys(Object.prototype).length > 0
  // Without recursion, so that no nesting is too deep.
  const pending = [holder]
  for (let container = pending.pop(); container !== undefined; container = pending.pop()) {
    if (Array.isArray(container)) {
      const list: unknown[] = container
      for (let index = 0; index < list.length; index++) {
        const value = list[index]
        if (typeof value === 'object') {
          if (value !== null) pending.push(value)
        } else if (unlimited && typeof value === 'number' && !isSafe(value)) {
          if (value !== ROUNDED_UNLIMITED) return false
          list[index] = UNLIMITED
        }
      }
    } else {
      const members = container as Record<string, unknown>
      // As lists of their names, objects take up to a quarter longer.
      for (const name in members) {
        if (inheritsNames && !Object.hasOwn(members, name)) continue
        const value = members[name]
        if (typeof value === 'object') {
          if (value !== null) pending.push(value)
        } else if (typeof value === 'number') {
          if (unlimited && !isSafe(value)) {
            if (value !== ROUNDED_UNLIMITED) return false
            members[name] = UNLIMITED
          } else if (quantities && isQuantity(name)) {
            members[name] = quantityOf(value)
          }
        }
      }
    }
  }
  return true
}

function isSafe(value: number): boolean {
  return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER
}

/** Whether a member of this name is a quantity, when it is an integer. */
function isQuantity(name: string): boolean {
  switch (name) {
    case 'limit':
    case 'usage':
    case 'pending':
    case 'quantity':
    case 'max_members':
    case 'project_limit':
    case 'project_usage':
    case 'project_pending':
      return true
    default:
      return name.startsWith('project_') || name.endsWith('_capacity')
  }
}

/** The same few quantities come again and again: one `bigint` each saves time and memory. */
const CACHED = 1024
const cachedNumbers = new Float64Array(CACHED)
const cachedQuantities: bigint[] = Array.from({ length: CACHED }, () => 0n)

/** A number that is no integer is left as it is. */
function quantityOf(value: number): bigint | number {
  const slot = (value ^ (value / 2 ** 20)) & (CACHED - 1)
  if (cachedNumbers[slot] === value) return cachedQuantities[slot] as bigint
  if (!Number.isInteger(value)) return value
  const quantity = BigInt(value)
  cachedNumbers[slot] = value
  cachedQuantities[slot] = quantity
  return quantity
}
