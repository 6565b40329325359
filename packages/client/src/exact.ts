import { stringOf } from './arguments.ts'
import { BadValue } from './errors.ts'
import * as json from './wire/json.ts'

/**
 * `JSON.parse` for documents with 64-bit integers: those that a `number` would round come out as `bigint`.
 *
 * @throws {BadValue} the text is no string.
 * @throws {SyntaxError} the text is no JSON.
 */
export function parseExact(text: string): unknown {
  return json.parseExact(stringOf('parseExact', 'text', text))
}

/**
 * `JSON.stringify`, with each `bigint` as an integer: `JSON.stringify(await client.getQuotas())` throws.
 *
 * @throws {BadValue} the value has no JSON: undefined, a function, a cycle.
 */
export function stringifyExact(value: unknown, space?: number | string): string {
  try {
    return json.stringifyExact(value, space)
  } catch (error) {
    if (error instanceof TypeError) throw new BadValue('value', 'must be JSON', 'stringifyExact')
    throw error
  }
}
