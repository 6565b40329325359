import { createHash, randomBytes } from 'node:crypto'

export const KEY_BYTES = 32

/** Long enough that no nonce looks like one; a hash, so that it tells nothing of its key. */
export const KEY_ID_BYTES = 8

/** Stands before what is sealed under the key. */
export function idOf(key: Buffer): Buffer {
  return createHash('sha256').update('astakos key\0').update(key).digest().subarray(0, KEY_ID_BYTES)
}

/**
 * The keys of a database: the first one seals and signs, all of them open and verify, so that a key can be replaced while
 * processes run that do not know it yet. Fields that nobody sees by accident: it may end up in a log with what holds it.
 */
export class SecretKeys {
  readonly #keys: readonly [Buffer, ...Buffer[]]

  constructor(first: Buffer, ...others: readonly Buffer[]) {
    this.#keys = [first, ...others]
  }

  /** Of something that ends with this process. */
  static random(): SecretKeys {
    return new SecretKeys(randomBytes(KEY_BYTES))
  }

  get first(): Buffer {
    return this.#keys[0]
  }

  /** In the order of the file. */
  get all(): readonly Buffer[] {
    return this.#keys
  }

  /** The one that something was sealed under, as it says itself; null: one that is not here, or it does not say. */
  namedBy(sealed: Buffer): Buffer | null {
    return this.#keys.find((key) => idOf(key).equals(sealed.subarray(0, KEY_ID_BYTES))) ?? null
  }
}
