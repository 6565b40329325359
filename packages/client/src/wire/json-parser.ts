import { UNLIMITED } from './quantity.ts'

/** What `JSON.parse` makes of a text, but that integers beyond the safe range are `bigint`, exactly. */
export function parseLarge(text: string): unknown {
  return new Parser(text).parse()
}

type Container = Record<string, unknown> | unknown[]

const [TAB, LINE_FEED, RETURN, SPACE, QUOTE, PLUS, COMMA, MINUS, POINT, ZERO, NINE, COLON] = [
  0x09, 0x0a, 0x0d, 0x20, 0x22, 0x2b, 0x2c, 0x2d, 0x2e, 0x30, 0x39, 0x3a,
]
const [UPPER_E, LOWER_E, OPEN_LIST, BACKSLASH, CLOSE_LIST, OPEN, CLOSE] = [0x45, 0x65, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d]

/** Names that were met, by a hash: the same few come again and again, and comparing is cheaper than cutting them out. */
const CACHED_NAMES = 256

/** Without recursion, so that no nesting is too deep. No error quotes the text, which may hold a secret. */
class Parser {
  readonly #text: string
  readonly #names: (string | undefined)[] = []
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** @throws {SyntaxError} */
  parse(): unknown {
    // The containers around the current one, and the name under which each goes into its own.
    const outer: Container[] = []
    const outerNames: string[] = []
    let container: Container | undefined
    let name = ''
    for (;;) {
      let value: unknown
      const code = this.#skipSpace()
      if (code === OPEN || code === OPEN_LIST) {
        this.#at++
        const next = this.#skipSpace()
        const opened: Container = code === OPEN ? {} : []
        if (next !== (code === OPEN ? CLOSE : CLOSE_LIST)) {
          if (container !== undefined) {
            outer.push(container)
            outerNames.push(name)
          }
          container = opened
          if (code === OPEN) name = this.#name()
          continue
        }
        this.#at++
        value = opened
      } else {
        value = this.#scalar(code)
      }
      // The value is complete, and so may be those around it.
      for (;;) {
        const next = this.#skipSpace()
        if (container === undefined) {
          if (this.#at < this.#text.length) throw this.#unexpected()
          return value
        }
        const isList = Array.isArray(container)
        if (Array.isArray(container)) container.push(value)
        else put(container, name, value)
        if (next === COMMA) {
          this.#at++
          if (!isList) name = this.#name()
          break
        }
        if (next !== (isList ? CLOSE_LIST : CLOSE)) throw this.#unexpected()
        this.#at++
        value = container
        container = outer.pop()
        name = outerNames.pop() ?? ''
      }
    }
  }

  #scalar(code: number): unknown {
    switch (code) {
      case QUOTE:
        return this.#string()
      case 0x74:
        return this.#literal('true', true)
      case 0x66:
        return this.#literal('false', false)
      case 0x6e:
        return this.#literal('null', null)
      default:
        return this.#number()
    }
  }

  #literal(word: string, value: unknown): unknown {
    if (!this.#text.startsWith(word, this.#at)) throw this.#unexpected()
    this.#at += word.length
    return value
  }

  #number(): number | bigint {
    const text = this.#text
    const start = this.#at
    if (this.#code() === MINUS) this.#at++
    const first = this.#at
    const whole = this.#digits()
    if (first + 1 < this.#at && text.charCodeAt(first) === ZERO) throw this.#unexpected(first + 1)
    let isInteger = true
    if (this.#code() === POINT) {
      isInteger = false
      this.#at++
      this.#digits()
    }
    if (this.#code() === LOWER_E || this.#code() === UPPER_E) {
      isInteger = false
      this.#at++
      if (this.#code() === PLUS || this.#code() === MINUS) this.#at++
      this.#digits()
    }
    // Up to 15 digits were added up without rounding.
    if (isInteger && this.#at - first < 16) return first === start ? whole : -whole
    const token = text.slice(start, this.#at)
    const rounded = Number(token)
    if (!isInteger || Number.isSafeInteger(rounded)) return rounded
    return token === '9223372036854775807' ? UNLIMITED : BigInt(token)
  }

  /** Passes over digits, one at least, and returns their value, rounded. */
  #digits(): number {
    const text = this.#text
    const end = text.length
    const start = this.#at
    let at = start
    let value = 0
    for (; at < end; at++) {
      const code = text.charCodeAt(at)
      if (code < ZERO || code > NINE) break
      value = value * 10 + (code - ZERO)
    }
    this.#at = at
    if (at === start) throw this.#unexpected()
    return value
  }

  #string(): string {
    const text = this.#text
    const start = this.#at
    let end = start
    for (;;) {
      end = text.indexOf('"', end + 1)
      if (end === -1) throw new SyntaxError(`The string at position ${start} has no end`)
      let before = end - 1
      while (text.charCodeAt(before) === BACKSLASH) before--
      if ((end - before) % 2 === 1) break
    }
    this.#at = end + 1
    try {
      // It knows the escapes, and returns a copy that does not keep the whole text in memory.
      return JSON.parse(text.slice(start, end + 1)) as string
    } catch {
      throw new SyntaxError(`The string at position ${start} has a control character or an unknown escape`)
    }
  }

  /** Passes over `"name" :`. */
  #name(): string {
    if (this.#skipSpace() !== QUOTE) throw this.#unexpected()
    const name = this.#knownName() ?? this.#string()
    if (this.#skipSpace() !== COLON) throw this.#unexpected()
    this.#at++
    return name
  }

  /** Undefined when it is not a simple one: with an escape, say. */
  #knownName(): string | undefined {
    const text = this.#text
    const end = text.length
    const start = this.#at + 1
    let hash = 0
    for (let at = start; at < end; at++) {
      const code = text.charCodeAt(at)
      if (code === QUOTE) {
        this.#at = at + 1
        const slot = hash & (CACHED_NAMES - 1)
        const known = this.#names[slot]
        if (known !== undefined && known.length === at - start && text.startsWith(known, start)) return known
        return (this.#names[slot] = text.slice(start, at))
      }
      if (code === BACKSLASH || code < SPACE) return undefined
      hash = (Math.imul(hash, 31) + code) | 0
    }
    return undefined
  }

  /** The character after the white space; -1 at the end. */
  #skipSpace(): number {
    const text = this.#text
    const end = text.length
    let at = this.#at
    let code = -1
    for (; at < end; at++) {
      code = text.charCodeAt(at)
      if (code > SPACE || (code !== SPACE && code !== LINE_FEED && code !== RETURN && code !== TAB)) break
      code = -1
    }
    this.#at = at
    return code
  }

  #code(): number {
    return this.#at < this.#text.length ? this.#text.charCodeAt(this.#at) : -1
  }

  #unexpected(at: number = this.#at): SyntaxError {
    return new SyntaxError(
      at < this.#text.length ? `Unexpected character at position ${at}` : 'The text ends too early',
    )
  }
}

/** Plain assignment would call the setter of `__proto__`. */
function put(container: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(container, name, { value, writable: true, enumerable: true, configurable: true })
  } else {
    container[name] = value
  }
}
