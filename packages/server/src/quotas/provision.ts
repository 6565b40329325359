import { stringifyExact } from 'astakosclient/wire'

/** The key of a holding. A member's has the project as its source, a project's own has none. */
export interface HoldingKey {
  readonly holder: string
  readonly source: string | null
  readonly resource: string
}

/**
 * A provision as it was asked for. Its parts may be of any type: what is no text names no holding, and is repeated in
 * the answer as it came. Quota specification, 5.1.
 */
export interface Provision {
  readonly holder: unknown
  readonly source: unknown
  readonly resource: unknown
  readonly quantity: bigint
}

/** Of two provisions with the same key the sum is meant; the first one's place counts. Quota specification, 5.1 and I12. */
export function mergeProvisions(provisions: readonly Provision[]): Provision[] {
  if (provisions.length < 2) return [...provisions]
  const merged = new Map<string, Provision>()
  for (const provision of provisions) {
    const key = mergeKey(provision)
    const before = merged.get(key)
    merged.set(key, before ? { ...before, quantity: before.quantity + provision.quantity } : provision)
  }
  return [...merged.values()]
}

function mergeKey(provision: Provision): string {
  const key = keyOf(provision)
  return key === null ? stringifyExact([provision.holder, provision.source, provision.resource]) : keyText(key)
}

/** Null for what can name no holding. */
export function keyOf({ holder, source, resource }: Provision): HoldingKey | null {
  if (typeof holder !== 'string' || typeof resource !== 'string') return null
  if (source !== null && typeof source !== 'string') return null
  return { holder, source, resource }
}

/** One text for a key, of three parts or two: an empty source is another one than none. NUL can't be part of any. */
export function keyText({ holder, source, resource }: HoldingKey): string {
  return source === null ? `${holder}\0${resource}` : `${holder}\0${source}\0${resource}`
}
