import { hasEscapedName } from './json-names.ts'
import { parseLarge } from './json-parser.ts'
import { restore } from './json-quantities.ts'
import { survey } from './json-survey.ts'

export { stringifyExact } from './json-stringify.ts'

/**
 * `JSON.parse`, but that integers beyond the safe range are `bigint`, exactly. Any nesting is fine.
 *
 * @throws {SyntaxError} where `JSON.parse` throws one; it tells the position and quotes nothing of the text.
 */
export function parseExact(text: string): unknown {
  return parse(text, false)
}

/**
 * Like `parseExact`, and each quantity is a `bigint` whatever its size: `limit`, `usage`, `pending`, `quantity`,
 * `max_members`, `project_…` and `…_capacity`, wherever they stand. One that is no integer is left as it is.
 *
 * @throws {SyntaxError}
 */
export function parseQuantities(text: string): unknown {
  return parse(text, true)
}

function parse(text: string, quantities: boolean): unknown {
  const { document, unlimited } = parseRounded(text)
  if (!unlimited && !quantities) return document
  const holder = [document]
  if (restore(holder, { unlimited, quantities })) return holder[0]
  holder[0] = parseLarge(text)
  if (quantities) restore(holder, { unlimited: false, quantities })
  return holder[0]
}

/**
 * The fast step: exact, but for what `restore` has to put in place where `unlimited` is set.
 *
 * `JSON.parse` is twice as fast as a parser of our own can be, and two kinds of documents are all there is in practice:
 * those without a large integer, and those whose only one is 9223372036854775807. Names with an escape it may get wrong.
 */
export function parseRounded(text: string): { document: unknown; unlimited: boolean } {
  const found = survey(text)
  if (found === 'large' || hasEscapedName(text)) return { document: parseLarge(text), unlimited: false }
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    // The message of the engine quotes the text, which may hold a secret, and some engines do not nest deep enough.
    document = parseLarge(text)
  }
  return { document, unlimited: found === 'unlimited' }
}
