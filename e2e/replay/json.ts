/**
 * JSON as the transcripts hold it: integers of any size are `bigint`, numbers with a fraction or an exponent are
 * `number`, so that 1 and 1.0 differ, as they do for the service.
 *
 * Not the client's own codec: what the client returns is compared with what is read here.
 */

export type Json = null | boolean | string | bigint | number | Json[] | JsonObject
export interface JsonObject {
  [name: string]: Json
}

/** @throws {SyntaxError} the text is no JSON, or nests deeper than any document. */
export function readJson(text: string): Json {
  const reader = new Reader(text)
  const value = reader.value(0)
  reader.end()
  return value
}

/** Without blanks; keys in the order they came in. */
export function writeJson(value: Json): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Number.isInteger(value) ? `${value}.0` : String(value)
  if (Array.isArray(value)) return `[${value.map(writeJson).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([name, member]) => `${JSON.stringify(name)}:${writeJson(member)}`)
      .join(',')}}`
  }
  return JSON.stringify(value)
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const DEEPEST = 500
const BLANKS = /[ \t\n\r]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
// oxlint-disable-next-line no-control-regex -- JSON allows none of them in a string
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y
const WORD = /true|false|null/y
const WORDS: Readonly<Record<string, Json>> = { true: true, false: false, null: null }

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(depth: number): Json {
    if (depth > DEEPEST) throw new SyntaxError('The document nests too deep')
    this.#take(BLANKS)
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth)
      case '[':
        return this.#list(depth)
      case '"':
        return this.#string()
      default:
        return this.#scalar()
    }
  }

  end(): void {
    this.#take(BLANKS)
    if (this.#at < this.#text.length) throw this.#unexpected()
  }

  #object(depth: number): JsonObject {
    const members = Object.create(null) as JsonObject // so that `__proto__` is a name like any other
    this.#items('}', () => {
      this.#take(BLANKS)
      const name = this.#string()
      this.#expect(':')
      members[name] = this.value(depth + 1)
    })
    return members
  }

  #list(depth: number): Json[] {
    const items: Json[] = []
    this.#items(']', () => items.push(this.value(depth + 1)))
    return items
  }

  #items(close: string, item: () => void): void {
    this.#at += 1
    this.#take(BLANKS)
    if (this.#text[this.#at] === close) {
      this.#at += 1
      return
    }
    for (;;) {
      item()
      this.#take(BLANKS)
      const next = this.#text[this.#at]
      if (next !== close && next !== ',') throw this.#unexpected()
      this.#at += 1
      if (next === close) return
    }
  }

  #string(): string {
    const match = this.#take(STRING)
    if (match === null) throw this.#unexpected()
    return JSON.parse(match[0]) as string
  }

  #scalar(): Json {
    const word = this.#take(WORD)
    if (word !== null) return WORDS[word[0]] ?? null
    const number = this.#take(NUMBER)
    if (number === null) throw this.#unexpected()
    return number[1] === undefined && number[2] === undefined ? BigInt(number[0]) : Number(number[0])
  }

  #expect(character: string): void {
    this.#take(BLANKS)
    if (this.#text[this.#at] !== character) throw this.#unexpected()
    this.#at += 1
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match !== null) this.#at = pattern.lastIndex
    return match
  }

  #unexpected(): SyntaxError {
    return new SyntaxError(`Unexpected ${JSON.stringify(this.#text[this.#at] ?? 'end')} at ${this.#at}`)
  }
}
