import { parseQuantities } from './json.ts'

/** Of an object: a name and its value. */
export type Entry = [name: string, value: unknown]

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const [QUOTE, COMMA, BACKSLASH, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = [0x22, 0x2c, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d]
/** Of the buffer, as long as entries are small. */
const USUAL_BYTES = 1 << 16
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]

/**
 * Splits a JSON object into its entries while it arrives, and holds no more than what can't be parsed yet. What comes
 * before a fault is given out; `error` tells of the fault, and after it nothing more comes.
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
  /** From its second byte on, what can't be parsed yet. It is used again: one for each chunk would be much garbage. */
  #buffer: Uint8Array = new Uint8Array(USUAL_BYTES)
  #bytes = 0
  /** Not worth looking before so many bytes are there; doubles while one large entry arrives. */
  #wanted = 0
  #opened = false
  #afterComma = false
  #closed = false
  #error: SyntaxError | null = null

  /**
   * @param depth how many objects an entry's value usually is deep, for the guess.
   * @param maxBytes the largest entry.
   */
  constructor(depth: number, maxBytes: number) {
    this.#depth = depth
    this.#maxBytes = maxBytes
  }

  get error(): SyntaxError | null {
    return this.#error
  }

  push(chunk: Uint8Array): Entry[] {
    this.#append(chunk)
    return this.#bytes < this.#wanted ? [] : this.flush()
  }

  /** The whole entries among what has come. */
  flush(): Entry[] {
    if (this.#error) return []
    const held = this.#join()
    if (this.#closed) return this.#close(held)
    if (!this.#opened) {
      if (!this.#error) this.#keep(held)
      return []
    }
    const end = this.#guess(held)
    return end === null ? this.#walk(held, false) : this.#take(held, ...end)
  }

  /** The answer is over: so has to be the object. */
  end(): Entry[] {
    if (this.#error) return []
    const held = this.#join()
    if (this.#closed) return this.#close(held)
    try {
      const entries = parse(held, this.#opened ? '{' : '', '')
      // The comma before it was taken for the end of an entry.
      if (this.#afterComma && entries.length === 0) throw new SyntaxError('A comma without an entry')
      return entries
    } catch (error) {
      if (this.#opened) return this.#walk(held, true)
      this.#fail(error)
      return []
    }
  }

  /** All that is held, without the brace that opens the object. */
  #join(): Uint8Array {
    const held = this.#buffer.subarray(1, 1 + this.#bytes)
    if (this.#opened) return held
    let at = BYTE_ORDER_MARK.every((byte, index) => held[index] === byte) ? BYTE_ORDER_MARK.length : 0
    while (isSpace(held[at])) at += 1
    if (at === held.byteLength) return held
    if (held[at] === OPEN) {
      this.#opened = true
      this.#keep(held.subarray(at + 1))
      return this.#join()
    }
    // Perhaps the mark has not come whole.
    if (held[at] !== BYTE_ORDER_MARK[0] || held.byteLength >= BYTE_ORDER_MARK.length) {
      this.#fail(new SyntaxError('Not an object'))
    }
    return held
  }

  #append(chunk: Uint8Array): void {
    const bytes = this.#bytes + chunk.byteLength
    if (1 + bytes > this.#buffer.byteLength) {
      const larger = new Uint8Array(2 * (1 + bytes))
      larger.set(this.#buffer)
      this.#buffer = larger
    }
    this.#buffer.set(chunk, 1 + this.#bytes)
    this.#bytes = bytes
  }

  /** Moves what is left to the beginning. A buffer that had to hold a large entry is given back. */
  #keep(held: Uint8Array): void {
    const isTooLarge = this.#buffer.byteLength > USUAL_BYTES && held.byteLength < USUAL_BYTES / 2
    if (isTooLarge) this.#buffer = new Uint8Array(USUAL_BYTES)
    this.#buffer.set(held, 1)
    this.#bytes = held.byteLength
  }

  #fail(error: unknown): void {
    if (!(error instanceof SyntaxError)) throw error
    this.#error = error
    this.#bytes = 0
  }

  /** All up to a comma have been read. */
  #take(held: Uint8Array, comma: number, entries: Entry[]): Entry[] {
    this.#afterComma = true
    this.#wanted = 0
    this.#keep(held.subarray(comma + 1))
    return entries
  }

  /** Nothing may come any more. */
  #close(rest: Uint8Array, entries: Entry[] = []): Entry[] {
    this.#closed = true
    this.#wanted = 0
    if (!rest.every(isSpace)) this.#fail(new SyntaxError('Something follows the object'))
    this.#bytes = 0
    return entries
  }

  /** The entries before a comma. Braces around them, where the comma is and in the byte that is free for it, make an object. */
  #parse(comma: number): Entry[] {
    const end = 1 + comma
    this.#buffer[0] = OPEN
    this.#buffer[end] = CLOSE
    try {
      return parse(this.#buffer.subarray(0, end + 1), '', '')
    } finally {
      this.#buffer[end] = COMMA
    }
  }

  /** The last comma behind as many closing braces as an entry usually has. */
  #guess(held: Uint8Array): [comma: number, entries: Entry[]] | null {
    for (let at = held.byteLength - 1; at > this.#depth; at -= 1) {
      if (held[at] !== COMMA) continue
      let braces = 0
      while (braces < this.#depth && held[at - 1 - braces] === CLOSE) braces += 1
      if (braces < this.#depth) continue
      try {
        return [at, this.#parse(at)]
      } catch {
        return null
      }
    }
    return null
  }

  /** Up to the last comma outside of all strings, objects and lists, or to the brace that closes the object. */
  #walk(held: Uint8Array, isLast: boolean): Entry[] {
    const { commas, close, isBroken } = boundaries(held)
    const end = close ?? commas.at(-1)
    if (end === undefined && !isLast && !isBroken) {
      if (held.byteLength > this.#maxBytes) {
        this.#fail(new SyntaxError(`An entry is larger than ${this.#maxBytes} bytes`))
        return []
      }
      this.#keep(held)
      this.#wanted = Math.min(held.byteLength * 2, this.#maxBytes + 1)
      return []
    }
    try {
      const entries = isLast || isBroken ? [] : parse(held.subarray(0, end))
      if (entries.length > 0) {
        return close === null
          ? this.#take(held, commas.at(-1) ?? 0, entries)
          : this.#close(held.subarray(close + 1), entries)
      }
    } catch {
      // One of them is at fault.
    }
    return this.#salvage(held, commas, close)
  }

  /** The entries before the one that is at fault. */
  #salvage(held: Uint8Array, commas: readonly number[], close: number | null): Entry[] {
    const entries: Entry[] = []
    let start = 0
    try {
      for (const end of close === null ? commas : [...commas, close]) {
        const [entry] = parse(held.subarray(start, end))
        if (entry) entries.push(entry)
        // An empty object is the only one that may lack an entry.
        else if (end !== close || start > 0 || this.#afterComma) throw new SyntaxError('A comma without an entry')
        start = end + 1
      }
    } catch (error) {
      this.#fail(error)
      return entries
    }
    if (close !== null) return this.#close(held.subarray(close + 1), entries)
    this.#fail(new SyntaxError('The object breaks off'))
    return entries
  }
}

/** The commas between entries, and the brace that closes the object; or a bracket where that should be. */
function boundaries(held: Uint8Array): { commas: number[]; close: number | null; isBroken: boolean } {
  const commas: number[] = []
  let depth = 0
  let inString = false
  for (let at = 0; at < held.byteLength; at += 1) {
    const byte = held[at]
    if (inString) {
      if (byte === BACKSLASH) at += 1
      else if (byte === QUOTE) inString = false
    } else if (byte === QUOTE) inString = true
    else if (byte === OPEN || byte === OPEN_LIST) depth += 1
    else if (byte === CLOSE || byte === CLOSE_LIST) {
      if (depth === 0) return { commas, close: byte === CLOSE ? at : null, isBroken: byte !== CLOSE }
      depth -= 1
    } else if (byte === COMMA && depth === 0) commas.push(at)
  }
  return { commas, close: null, isBroken: false }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** @throws {SyntaxError} */
function parse(bytes: Uint8Array, before = '{', after = '}'): Entry[] {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    throw new SyntaxError('Not UTF-8')
  }
  return Object.entries(parseQuantities(before + text + after) as object)
}
