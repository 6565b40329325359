import { joined } from './bytes.ts'
import { isDict } from './fault.ts'
import { parseQuantities } from './json.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

const [QUOTE, COMMA, BACKSLASH, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = [0x22, 0x2c, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d]

/** Parsed at once: enough to make up for the parser's start, little enough to stay in a cache. */
const BATCH_BYTES = 1 << 16

/**
 * Splits a JSON object into its entries while it arrives, and holds no more than what can't be parsed yet.
 *
 * The fast way guesses where the last whole entry ends, by the braces that close it, and lets the parser judge: text
 * that is cut inside a string or at another depth is no object when one brace is added. A wrong guess costs time,
 * never correctness; then the bytes are walked through one by one.
 *
 * A name that occurs twice is an entry twice, unless both are parsed at once: then the last counts.
 */
export class EntrySplitter {
  readonly #depth: number
  readonly #maxBytes: number
  #chunks: Uint8Array[] = []
  #bytes = 0
  /** Not worth looking before so many bytes are there; doubles while one large entry arrives. */
  #wanted = BATCH_BYTES
  #opened = false
  #afterComma = false

  /**
   * @param depth how many objects an entry's value usually is deep, for the guess.
   * @param maxBytes the largest entry.
   */
  constructor(depth: number, maxBytes: number) {
    this.#depth = depth
    this.#maxBytes = maxBytes
  }

  /** @throws {SyntaxError} */
  push(chunks: readonly Uint8Array[]): [string, unknown][] {
    for (const chunk of chunks) {
      this.#chunks.push(chunk)
      this.#bytes += chunk.byteLength
    }
    if (this.#bytes < this.#wanted) return []
    const held = this.#join()
    const { end, entries } = this.#guess(held) ?? this.#walk(held)
    if (end === 0) {
      if (held.byteLength > this.#maxBytes) throw new SyntaxError(`An entry is larger than ${this.#maxBytes} bytes`)
      this.#keep(held)
      this.#wanted = held.byteLength * 2
      return []
    }
    this.#afterComma = true
    this.#wanted = BATCH_BYTES
    this.#keep(held.subarray(end + 1))
    return entries
  }

  /** @throws {SyntaxError} the object is not complete, or something follows it. */
  end(): [string, unknown][] {
    const held = decode(this.#join())
    const entries = parse(this.#opened ? `{${held}` : held)
    // The comma before it was taken for the end of an entry.
    if (this.#afterComma && entries.length === 0) throw new SyntaxError('A comma without an entry')
    return entries
  }

  /** All that is held, without the brace that opens the object. */
  #join(): Uint8Array {
    let held = joined(this.#chunks, this.#bytes)
    if (!this.#opened) {
      const open = held.findIndex((byte) => byte > 0x20)
      if (open >= 0 && held[open] === OPEN) {
        held = held.subarray(open + 1)
        this.#opened = true
      }
    }
    return held
  }

  #keep(held: Uint8Array): void {
    // A copy, so that a large block is not held for the few bytes at its end.
    this.#chunks = [held.slice()]
    this.#bytes = held.byteLength
  }

  /** The last comma behind as many closing braces as an entry usually has. */
  #guess(held: Uint8Array): { end: number; entries: [string, unknown][] } | null {
    for (let at = held.byteLength - 1; at > this.#depth; at -= 1) {
      if (held[at] !== COMMA) continue
      let braces = 0
      while (braces < this.#depth && held[at - 1 - braces] === CLOSE) braces += 1
      if (braces < this.#depth) continue
      try {
        return { end: at, entries: parse(`{${decode(held.subarray(0, at))}}`) }
      } catch {
        return null
      }
    }
    return null
  }

  /** The last comma outside of all strings, objects and lists. */
  #walk(held: Uint8Array): { end: number; entries: [string, unknown][] } {
    let end = 0
    let depth = 0
    let inString = false
    for (let at = 0; at < held.byteLength; at += 1) {
      const byte = held[at]
      if (inString) {
        if (byte === BACKSLASH) at += 1
        else if (byte === QUOTE) inString = false
      } else if (byte === QUOTE) inString = true
      else if (byte === OPEN || byte === OPEN_LIST) depth += 1
      else if (byte === CLOSE || byte === CLOSE_LIST) depth -= 1
      else if (byte === COMMA && depth === 0) end = at
    }
    return { end, entries: end === 0 ? [] : parse(`{${decode(held.subarray(0, end))}}`) }
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new SyntaxError('Not UTF-8')
  }
}

function parse(text: string): [string, unknown][] {
  const document = parseQuantities(text)
  if (!isDict(document)) throw new SyntaxError('Not an object')
  return Object.entries(document)
}
