import type { Answer } from './attempt.ts'
import type { Logger } from './options.ts'
import { CUT, type Redact } from './redact.ts'
import type { WireRequest } from './transport/transport.ts'

/** The last request that was sent, secrets cut. */
export interface RequestLog {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

/** The last answer that was read, secrets cut. */
export interface ResponseLog {
  readonly status: number
  readonly message: string
  readonly data: string
}

const NOT_LOGGED = '(not logged)'
/** More of an answer is not kept: it may be a quarter of a gigabyte. */
const KEPT_BYTES = 65_536
const SECRET_HEADERS = new Set(['x-auth-token', 'authorization', 'cookie', 'proxy-authorization'])

export function requestLog(request: WireRequest, secretBody: boolean, redact: Redact): RequestLog {
  const headers = Object.entries(request.headers).map(([name, value]) => [
    name,
    SECRET_HEADERS.has(name) ? CUT : redact(value),
  ])
  return {
    method: request.method,
    path: redact(request.path),
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: request.body === null ? null : secretBody ? NOT_LOGGED : redact(request.body),
  }
}

/** What is kept of an answer until somebody asks. */
export function keptAnswer(answer: Answer): Answer {
  return answer.body.byteLength <= KEPT_BYTES ? answer : { ...answer, body: answer.body.slice(0, KEPT_BYTES) }
}

export function responseLog(answer: Answer, secretBody: boolean, redact: Redact): ResponseLog {
  return {
    status: answer.status,
    message: redact(answer.reason),
    data: secretBody ? NOT_LOGGED : redact(new TextDecoder().decode(answer.body)),
  }
}

/** A logger that throws must not break a call that reserved quota. */
export function tell(logger: Logger | null, level: 'debug' | 'warn', message: string, fields: object): void {
  try {
    logger?.[level](message, fields)
  } catch {
    // There is nobody to tell.
  }
}

/** SHA-1, as in the reference's log: shows which token was used without showing it. */
export async function digestOf(token: string): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(token))
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
