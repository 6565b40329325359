import { createHash } from 'node:crypto'
import { stringifyExact } from 'astakosclient/wire'
import type { Provision } from './provision.ts'

/**
 * The same for each spelling of the same request: what counts is what was meant, with defaults filled in. Provisions
 * keep their order and are not merged. Source: idempotency contract, 3.
 */
export function fingerprintOf(request: {
  readonly provisions: readonly Provision[]
  readonly name: string
  readonly force: boolean
  readonly autoAccept: boolean
}): Buffer {
  const { provisions, name, force, autoAccept } = request
  const parts = provisions.map(({ holder, source, resource, quantity }) => [holder, source, resource, quantity])
  return createHash('sha256')
    .update(stringifyExact([parts, name, force, autoAccept, null]))
    .digest()
}
