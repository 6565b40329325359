import type { Answer } from './answer.ts'
import { badRequest } from './fault.ts'
import type { Query } from './query.ts'

const FUNCTION_NAME = /^[A-Za-z_$][A-Za-z0-9_$.]*$/

/**
 * A document, or a script that hands it to the function `callback`. Source: identity specification, 7.1; I-11, X-10.
 *
 * @param jsonType of the document by itself.
 * @throws {Fault} 400: that is no name of a function.
 */
export function documentOrScript(query: Query, text: string, jsonType: string): Answer {
  const callback = query.get('callback')
  if (!callback) return { status: 200, body: text, contentType: jsonType }
  if (!FUNCTION_NAME.test(callback)) throw badRequest('Invalid callback')
  return { status: 200, body: `${callback}(${text})`, contentType: 'application/javascript' }
}
