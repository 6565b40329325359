import type { Answer } from './attempt.ts'
import type { Logger } from './options.ts'
import { CUT, isSecretHeader, type Redact } from './redact.ts'
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
/** So much more is kept until secrets are cut: one may stand where the rest is cut off. */
const MARGIN_BYTES = 16_384

export function requestLog(request: WireRequest, secretBody: boolean, redact: Redact): RequestLog {
  const headers = Object.entries(request.headers).map(([name, value]) => [
    name,
    isSecretHeader(name) ? CUT : redact(value),
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
  const most = KEPT_BYTES + MARGIN_BYTES
  return answer.body.byteLength <= most ? answer : { ...answer, body: answer.body.slice(0, most) }
}

export function responseLog(answer: Answer, secretBody: boolean, redact: Redact): ResponseLog {
  return {
    status: answer.status,
    message: redact(answer.reason),
    data: secretBody ? NOT_LOGGED : dataOf(answer.body, redact),
  }
}

function dataOf(body: Uint8Array, redact: Redact): string {
  const text = redact(new TextDecoder().decode(body))
  if (body.byteLength <= KEPT_BYTES) return text
  // Where the body was cut, the beginning of a secret may stand, which nothing recognizes any more.
  const cut = body.byteLength === KEPT_BYTES + MARGIN_BYTES ? MARGIN_BYTES : 0
  return text.slice(0, Math.min(KEPT_BYTES, text.length - cut))
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
