import type { AstakosClient, RequestOptions } from 'astakosclient'

/** Why an exchange is left out. Each is printed with its count; there is none for "the rest". */
export const RULES = {
  noRequest: 'an operator action or a pause, not a request',
  path: 'a path that no method asks for',
  slash: 'a slash at the end of the path, which no method sends',
  method: 'an HTTP method that the client does not use on that path',
  framing: 'a body in chunks, or no Content-Length: the client always sends one',
  cookies: 'cookies of a browser session',
  tokenInQuery: 'the token in the query, which the client never sends there',
  query: 'a query parameter that the method does not have (format, callback, …), or one given twice',
  noToken: 'no token in a call that needs one: a client always has a token',
  badToken: 'a token that the client refuses (empty, blanks around it, control characters, no text)',
  tokenBytes: 'a token in ISO 8859-1: the client sends UTF-8',
  otherToken: 'a header with another token than the one in the body, which is the client’s',
  contentType: 'a body labelled as something else than the method says, or as nothing',
  bodyOnGet: 'a GET with a body',
  noBody: 'no body where the method sends one',
  notUtf8: 'a body that is not UTF-8',
  notJson: 'a body that is not JSON',
  notObject: 'a JSON body that is not an object',
  password: 'log in with passwordCredentials, which the client does not use',
  members: 'a JSON body with members that no method sends, or without some that it always sends',
  value: 'a JSON body with a value that no method sends there',
  float: 'an integer written as a float (1.0, 1e2): JavaScript has no such number',
  pairing: 'provisions in an order or with prefixes that none of the three ways to issue sends',
  form: 'form fields that the method does not send, or without some that it always sends',
  credentials: 'no Basic credentials (well-formed ones), which getToken always sends',
  refused: 'an argument that the client refuses before it sends anything (checked: BadValue)',
} as const

export type Rule = keyof typeof RULES

/** Thrown where a recorded request turns out to be none that a method sends. */
export class LeftOut extends Error {
  readonly rule: Rule
  /** Calls that must reject with BadValue, without traffic. */
  readonly refusals: readonly Attempt[]

  constructor(rule: Rule, refusals: readonly Attempt[] = []) {
    super(RULES[rule])
    this.rule = rule
    this.refusals = refusals
  }
}

/** Something to try on a client; the token is another one where that is what is refused. */
export interface Attempt {
  readonly name: string
  readonly token?: unknown
  readonly call?: Call
}

export type Call = (client: AstakosClient, options: RequestOptions) => Promise<unknown>
