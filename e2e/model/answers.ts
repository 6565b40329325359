import type { Answer } from './steps.ts'

/** Parts of an answer; null where it has none. */

function memberOf(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>)[name] : undefined
}

export function textIn({ body }: Answer, name: string): string | null {
  const value = memberOf(body, name)
  return typeof value === 'string' ? value : null
}

export function numberIn({ body }: Answer, name: string): bigint | null {
  const value = memberOf(body, name)
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value)) ? BigInt(value) : null
}

/** Of a fault. */
export function messageIn({ status, body }: Answer): string | null {
  if (status < 400 || typeof body !== 'object' || body === null) return null
  const message = memberOf(Object.values(body)[0], 'message')
  return typeof message === 'string' ? message : null
}
