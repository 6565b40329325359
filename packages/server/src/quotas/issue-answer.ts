import { stringifyExact } from 'astakosclient/wire'
import type { Provision } from './provision.ts'

/** Why an issue is refused: the first provision that fails decides. */
export type Refusal =
  | { readonly kind: 'no holding'; readonly provision: Provision }
  | { readonly kind: 'no capacity'; readonly provision: Provision; readonly limit: bigint; readonly usage: bigint }
  | { readonly kind: 'no quantity'; readonly provision: Provision; readonly usage: bigint }
  | { readonly kind: 'out of range' }

interface Encoded {
  readonly status: number
  readonly body: string
}

export function issuedAnswer(serial: bigint): Encoded {
  return { status: 201, body: `{"serial":${serial}}` }
}

/** Status and body, which are kept with the request's key. Source: quota specification, 5.1. */
export function refusalAnswer(refusal: Refusal): Encoded {
  if (refusal.kind === 'out of range')
    return encode(400, 'badRequest', { message: 'Quantity out of range', details: '' })
  const { provision } = refusal
  const { holder, source, resource, quantity } = provision
  const repeated = { holder, source, resource, quantity }
  switch (refusal.kind) {
    case 'no holding':
      return encode(404, 'itemNotFound', {
        message: `There is no such holding (${[holder, source, resource].map(quoted).join(', ')})`,
        data: { name: 'NoHoldingError', provision: repeated },
      })
    case 'no capacity':
      return encode(413, 'overLimit', {
        message: `${text(holder)} has not enough capacity of ${text(resource)}.`,
        data: { name: 'NoCapacityError', provision: repeated, limit: refusal.limit, usage: refusal.usage },
      })
    case 'no quantity':
      return encode(413, 'overLimit', {
        message: `${text(holder)} attempts to release more ${text(resource)} than it contains.`,
        data: { name: 'NoQuantityError', provision: repeated, limit: 0n, usage: refusal.usage },
      })
  }
}

function encode(
  status: number,
  fault: string,
  { message, ...more }: { message: string; [member: string]: unknown },
): Encoded {
  return { status, body: stringifyExact({ [fault]: { message, code: status, ...more } }) }
}

function quoted(value: unknown): string {
  return value === null ? 'None' : typeof value === 'string' ? `'${value}'` : text(value)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : stringifyExact(value)
}
