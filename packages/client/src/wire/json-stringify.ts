type Container = Record<string, unknown> | unknown[]

/**
 * `JSON.stringify`, but that a `bigint` is written as an integer, also where `BigInt.prototype.toJSON` was defined to make
 * something else of it. Any nesting is fine.
 *
 * @throws {TypeError} the value has no JSON: undefined, a function, a symbol, a cycle.
 */
export function stringifyExact(value: unknown, space?: number | string): string {
  return native(value, space) ?? new Writer(indentOf(space)).write(value)
}

/** Several times as fast, but throws at the first `bigint`, at a cycle, and in depth. */
function native(value: unknown, space: number | string | undefined): string | undefined {
  if ('toJSON' in BigInt.prototype) return undefined
  try {
    return JSON.stringify(value, undefined, space)
  } catch {
    return undefined
  }
}

function indentOf(space: number | string | undefined): string {
  if (typeof space === 'number') return ' '.repeat(Math.max(0, Math.min(10, Math.trunc(space) || 0)))
  return typeof space === 'string' ? space.slice(0, 10) : ''
}

interface Frame {
  readonly container: Container
  /** Of a list, none. */
  readonly names: readonly string[] | undefined
  readonly length: number
  next: number
  isEmpty: boolean
}

class Writer {
  readonly #indent: string
  /** The containers around the place that is written. */
  readonly #frames: Frame[] = []
  readonly #open: Set<object> = new Set()
  /** Of the names that come again and again; quoting one takes longer than looking it up. */
  readonly #labels = new Map<string, string>()
  #text = ''

  constructor(indent: string) {
    this.#indent = indent
  }

  write(root: unknown): string {
    if (!this.#value({ '': root }, '', '')) throw new TypeError('The value has no JSON')
    for (let frame = this.#frames.at(-1); frame !== undefined; frame = this.#frames.at(-1)) {
      const { container, names, next } = frame
      if (next === frame.length) this.#close(frame)
      else {
        frame.next++
        if (names === undefined) {
          if (!this.#value(container, String(next), '')) this.#add('null', '')
        } else {
          const name = names[next] as string
          this.#value(container, name, this.#label(name))
        }
      }
    }
    return this.#text
  }

  /** Writes a value, or as far as its opening bracket, unless it has no JSON. */
  #value(holder: Container, name: string, prefix: string): boolean {
    const value = plain((holder as Record<string, unknown>)[name], name)
    switch (typeof value) {
      case 'string':
        return this.#add(prefix, JSON.stringify(value))
      case 'number':
        return this.#add(prefix, Number.isFinite(value) ? String(value) : 'null')
      case 'bigint':
      case 'boolean':
        return this.#add(prefix, String(value))
      case 'object':
        if (value === null || isRaw(value)) return this.#add(prefix, JSON.stringify(value))
        this.#add(prefix, Array.isArray(value) ? '[' : '{')
        this.#enter(value as Container)
        return true
      default:
        return false
    }
  }

  #label(name: string): string {
    const known = this.#labels.get(name)
    if (known !== undefined) return known
    const label = `${JSON.stringify(name)}:${this.#indent === '' ? '' : ' '}`
    if (this.#labels.size < 1000) this.#labels.set(name, label)
    return label
  }

  #add(prefix: string, text: string): true {
    const frame = this.#frames.at(-1)
    if (frame !== undefined) {
      if (!frame.isEmpty) this.#text += ','
      frame.isEmpty = false
      this.#newLine()
    }
    this.#text += prefix
    this.#text += text
    return true
  }

  #enter(container: Container): void {
    if (this.#open.has(container)) throw new TypeError('The value has a cycle')
    this.#open.add(container)
    const names = Array.isArray(container) ? undefined : Object.keys(container)
    this.#frames.push({ container, names, length: (names ?? (container as unknown[])).length, next: 0, isEmpty: true })
  }

  #close({ container, names, isEmpty }: Frame): void {
    this.#frames.pop()
    this.#open.delete(container)
    if (!isEmpty) this.#newLine()
    this.#text += names === undefined ? ']' : '}'
  }

  #newLine(): void {
    if (this.#indent !== '') this.#text += `\n${this.#indent.repeat(this.#frames.length)}`
  }
}

/** After `toJSON`, and out of its wrapper. */
function plain(value: unknown, name: string): unknown {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return value
  const { toJSON } = value as { toJSON?: unknown }
  const result: unknown = typeof toJSON === 'function' ? toJSON.call(value, name) : value
  if (result instanceof Number) return Number(result)
  if (result instanceof String) return String(result)
  if (result instanceof Boolean || result instanceof BigInt) return result.valueOf()
  return result
}

/** What `JSON.rawJSON` returns, where the runtime has it (Node 22). */
function isRaw(value: object): boolean {
  return (JSON as { isRawJSON?: (value: object) => boolean }).isRawJSON?.(value) ?? false
}
