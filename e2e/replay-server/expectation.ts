import { STATUS_CODES } from 'node:http'
import { isObject, readJson, type Json } from '../replay/json.ts'
import type { RecordedResponse, Step } from '../replay/transcripts.ts'
import { compare, shown, type Hints } from './compare.ts'
import { cookieOf } from './cookies.ts'
import type { Received } from './http.ts'
import { compareLocations } from './location.ts'
import type { Scope } from './scope.ts'
import { readXml, readXmlTemplate } from './xml.ts'

/** An answer that is right, as a template. */
export interface Expectation extends Hints {
  readonly status: number
  /** Those that belong to the interface; a name that is missing here must not be sent. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Body
  /** Cookies that belong to the interface; an empty value removes the cookie. */
  readonly cookies?: Readonly<Record<string, string>>
}

export type Body =
  | { readonly kind: 'json'; readonly json: Json }
  | { readonly kind: 'jsonp'; readonly callback: string; readonly json: Json }
  | { readonly kind: 'xml'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  /** A fault, with a message that is not empty. */
  | { readonly kind: 'fault'; readonly name: string; readonly message: string }
  | { readonly kind: 'empty' }
  /** Not compared. */
  | { readonly kind: 'any' }

export const JSON_TYPE = 'application/json; charset=UTF-8'

const INTERFACE_COOKIE = '_pithos2_a'

/** What was recorded, and what is as good by the hints of the step. */
export function expectationsOf(step: Step & { readonly response: RecordedResponse }, path: string): Expectation[] {
  const { response, unordered = [], lenient = [], alternatives = [] } = step
  const cookies = response.set_cookies?.filter(({ name }) => name === INTERFACE_COOKIE)
  const recorded: Expectation = {
    status: Number(response.status),
    headers: headersOf(response, path),
    body: bodyOf(response),
    unordered,
    lenient,
    ...(cookies?.length ? { cookies: Object.fromEntries(cookies.map(({ name, value }) => [name, value])) } : {}),
  }
  return [recorded, ...alternatives.map((data) => ({ ...recorded, body: refusalOf(data) }))]
}

function headersOf({ headers, html }: RecordedResponse, path: string): Record<string, string> {
  const names = isTyped(path) && !html ? ['content-type', 'allow', 'location'] : ['allow', 'location']
  return Object.fromEntries(Object.entries(headers).filter(([name]) => names.includes(name)))
}

/** The `Content-Type` is part of the interface here alone. */
function isTyped(path: string): boolean {
  return /^\/(account|identity|admin)\/|^\/ui\/get_/.test(path)
}

function bodyOf(response: RecordedResponse): Body {
  const { json, jsonp, text, html } = response
  if (html || (response.empty && response.status >= 300n && response.status <= 399n)) return { kind: 'any' }
  if (json !== undefined) return { kind: 'json', json }
  if (jsonp !== undefined) return { kind: 'jsonp', ...jsonp }
  if (text === undefined) return { kind: 'empty' }
  return text.startsWith('<?xml') ? { kind: 'xml', text } : { kind: 'text', text }
}

/** Which of several provisions is refused is open; the message belongs to the name of the data. */
function refusalOf(data: Json): Body {
  if (!isObject(data) || !isObject(data['provision']))
    throw new Error(`An alternative of a wrong shape: ${shown(data)}`)
  const { holder, resource } = data['provision'] as Record<string, string>
  const messages: Readonly<Record<string, string>> = {
    NoCapacityError: `${holder} has not enough capacity of ${resource}.`,
    NoQuantityError: `${holder} attempts to release more ${resource} than it contains.`,
  }
  const message = messages[data['name'] as string]
  if (message === undefined) throw new Error(`An alternative of an unknown name: ${shown(data)}`)
  return { kind: 'json', json: { overLimit: { code: 413n, message, data } } }
}

/** What is wrong with an answer by the expectation that fits best; binds placeholders. */
export function problemsOf(
  expectations: readonly Expectation[],
  received: Received,
  requestUrl: string,
  scope: Scope,
): string[] {
  let best: { problems: string[]; fork: Scope } | null = null
  for (const expectation of expectations) {
    const fork = scope.fork()
    const problems = problemsWith(expectation, received, requestUrl, fork)
    if (best === null || problems.length < best.problems.length) best = { problems, fork }
  }
  if (best === null) throw new Error('No expectation at all')
  scope.adopt(best.fork)
  return best.problems
}

function problemsWith(expected: Expectation, received: Received, requestUrl: string, scope: Scope): string[] {
  const problems: string[] = []
  if (received.status !== expected.status)
    problems.push(`status: expected ${expected.status}, got ${received.status}: ${cut(received.body.toString())}`)
  if (received.reason !== STATUS_CODES[received.status])
    problems.push(`reason: expected ${STATUS_CODES[received.status]}, got ${received.reason}`)
  problems.push(...headerProblems(expected, received, requestUrl, scope))
  problems.push(...cookieProblems(expected, received, scope))
  // The answer to something else: its body would only repeat that.
  if (received.status === expected.status) problems.push(...bodyProblems(expected, received, scope))
  return problems
}

function headerProblems(expected: Expectation, { headers }: Received, requestUrl: string, scope: Scope): string[] {
  return ['content-type', 'allow', 'location'].flatMap((name) => {
    const [wanted, actual] = [expected.headers[name], headers[name]]
    if (wanted === undefined) {
      return name !== 'content-type' && actual !== undefined ? [`header ${name}: not expected, got ${actual}`] : []
    }
    if (actual === undefined) return [`header ${name}: missing, expected ${wanted}`]
    if (name === 'location') {
      return compareLocations(wanted, actual, requestUrl, scope).map((problem) => `header location: ${problem}`)
    }
    return scope.matches(wanted, actual) ? [] : [`header ${name}: expected ${wanted}, got ${actual}`]
  })
}

function cookieProblems({ cookies = {} }: Expectation, received: Received, scope: Scope): string[] {
  const set = new Map(received.cookies.map(cookieOf).map(({ name, value }) => [name, value]))
  return Object.entries(cookies).flatMap(([name, wanted]) => {
    const actual = set.get(name)
    if (actual === undefined) return [`cookie ${name}: not set`]
    return scope.matches(wanted === '""' ? '' : wanted, actual)
      ? []
      : [`cookie ${name}: expected ${wanted}, got ${actual}`]
  })
}

function bodyProblems(expected: Expectation, { body: bytes }: Received, scope: Scope): string[] {
  const { body } = expected
  if (body.kind === 'any') return []
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return ['body: not UTF-8']
  }
  try {
    switch (body.kind) {
      case 'json':
        return compare(body.json, readJson(text), scope, expected)
      case 'jsonp':
        return jsonpProblems(body.callback, body.json, text, scope, expected)
      case 'xml':
        return compare(readXmlTemplate(body.text), readXml(text), scope, expected)
      case 'text':
        return scope.matches(body.text, text) ? [] : [`body: expected ${cut(body.text)}, got ${cut(text)}`]
      case 'fault':
        return faultProblems(body.name, body.message, BigInt(expected.status), readJson(text), scope)
      case 'empty':
        return text === '' ? [] : [`body: expected none, got ${cut(text)}`]
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return [`body: ${error.message}: ${cut(text)}`]
  }
}

function jsonpProblems(callback: string, json: Json, text: string, scope: Scope, hints: Hints): string[] {
  const [, name, argument = ''] = /^([^(]*)\(([\s\S]*)\);?\s*$/.exec(text) ?? []
  return name === callback
    ? compare(json, readJson(argument), scope, hints)
    : [`body: expected a call of ${callback}, got ${cut(text)}`]
}

function faultProblems(name: string, message: string, code: bigint, fault: Json, scope: Scope): string[] {
  const problems = compare({ [name]: { code, message, details: '' } }, fault, scope)
  const inner = isObject(fault) ? fault[name] : undefined
  const isSilent = isObject(inner) && inner['message'] === ''
  return isSilent ? [...problems, `$.${name}.message: empty`] : problems
}

const LONGEST = 500

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text
}
