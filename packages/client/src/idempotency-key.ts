const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

const BYTES = 16
/** Drawn for many keys at once: for a single one, the call to the system takes as long as all else that an issue needs. */
const drawn = new Uint8Array(BYTES * 256)
let used = drawn.length

/** 128 random bits. `crypto.randomUUID` has fewer, and browsers have it in secure contexts alone. */
export function freshKey(): string {
  if (used === drawn.length) {
    crypto.getRandomValues(drawn)
    used = 0
  }
  let key = ''
  for (const end = used + BYTES; used < end; used += 1) key += HEX[drawn[used] as number]
  return key
}
