import { isObject, type Json } from '../replay/json.ts'
import { INTEGER, PLACEHOLDER, suffixed } from '../replay/placeholders.ts'

/** A placeholder has to be filled in that nothing was bound to. */
export class Unbound extends Error {
  /** The deliberate difference that kept it from being bound, if one did. */
  readonly because: string | null

  constructor(placeholder: string, because: string | null) {
    super(`<${placeholder}> was never bound${because === null ? '' : ` (${because})`}`)
    this.because = because
  }
}

/** Patterns: their value is not remembered. */
const PATTERNS: Readonly<Record<string, string>> = {
  datetime: String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?\+00:00`,
  'datetime:text': String.raw`[A-Z][a-z]+\.? \d{1,2}, \d{4}, [\w:. ]+`,
  'http-date': String.raw`[A-Z][a-z]{2}, \d\d[ -][A-Z][a-z]{2}[ -]\d{4} \d\d:\d\d:\d\d GMT`,
  text: String.raw`[\s\S]*`,
}

/** A thing that came into being here alone, such as `<project:new>`: it is expected nowhere, and left out wherever it is. */
const NEW = ':new'

const NUMBER = '[1-9][0-9]*'
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'

/** What the values of a kind look like, for one that is not known yet. */
const KINDS: Readonly<Record<string, string>> = {
  application: NUMBER,
  membership: NUMBER,
  serial: NUMBER,
  group: '[0-9]+',
  project: UUID,
  uuid: UUID,
}
const ANY_VALUE = String.raw`[^\s"<>&;,]+`

/** What the placeholders of one scenario stand for, so far. */
export class Scope {
  #values: Map<string, string>
  #withheld: Map<string, string>
  /** By value: of which kind. */
  #surplus: ReadonlyMap<string, string>

  /** @param bindings by placeholder, without its angle brackets. */
  constructor(bindings: Iterable<readonly [placeholder: string, value: string]>) {
    this.#values = new Map(bindings)
    this.#withheld = new Map()
    this.#surplus = new Map()
  }

  static of(origin: string, basePath: string, bindings: Readonly<Record<string, string>>): Scope {
    const https = origin.replace(/^http:/, 'https:')
    return new Scope([
      ['origin', origin],
      ['origin:https', https],
      ['base', origin + basePath],
      ['base:https', https + basePath],
      ['base_path', basePath],
      ...Object.entries(bindings),
    ])
  }

  fork(): Scope {
    const fork = new Scope(this.#values)
    fork.#withheld = new Map(this.#withheld)
    fork.#surplus = this.#surplus
    return fork
  }

  /** Takes over what a fork has bound. */
  adopt(fork: Scope): void {
    this.#values = fork.#values
    this.#withheld = fork.#withheld
    this.#surplus = fork.#surplus
  }

  /** Whatever a template would have bound, but did not: it stands for a thing that does not exist here. */
  withhold(template: Json, because: string): void {
    for (const placeholder of placeholdersIn(template)) {
      if (!(placeholder in PATTERNS) && !this.#values.has(placeholder)) this.#withheld.set(placeholder, because)
    }
  }

  /** The deliberate difference because of which a template stands for nothing. */
  withheldBy(template: Json): string | null {
    for (const placeholder of placeholdersIn(template)) {
      const because = this.#withheld.get(placeholder)
      if (because !== undefined && !this.#values.has(placeholder)) return because
    }
    return null
  }

  /** Whether a value that came tells of a thing that a deliberate difference brought into being. */
  isSurplus(value: Json): boolean {
    if (this.#surplus.size === 0 || value === null) return false
    if (typeof value === 'string') return this.#surplus.has(value)
    if (typeof value !== 'object') return false
    return Object.entries(value).some(([name, member]) => this.isSurplus(name) || this.isSurplus(member))
  }

  isBound(template: string): boolean {
    return placeholdersIn(template).every((placeholder) => this.#values.has(placeholder))
  }

  /** @throws {Unbound} */
  text(template: string): string {
    return template.replace(PLACEHOLDER, (_, kind: string, name = '', suffix?: string) => {
      const placeholder = `${kind}${name}`
      const value = this.#values.get(placeholder)
      if (value === undefined) throw new Unbound(placeholder, this.#withheld.get(placeholder) ?? null)
      return suffixed(value, suffix)
    })
  }

  /** @throws {Unbound} */
  json(template: Json): Json {
    if (typeof template === 'string') {
      const text = this.text(template)
      return INTEGER.test(template) ? BigInt(text) : text
    }
    if (Array.isArray(template)) return template.map((item) => this.json(item))
    if (!isObject(template)) return template
    return Object.fromEntries(Object.entries(template).map(([name, member]) => [this.text(name), this.json(member)]))
  }

  /** @throws {Unbound} */
  texts(templates: Readonly<Record<string, string>> = {}): Record<string, string> {
    return Object.fromEntries(Object.entries(templates).map(([name, text]) => [this.text(name), this.text(text)]))
  }

  /** Whether a text is what the template says; binds what was not bound. */
  matches(template: string, text: string): boolean {
    const unbound: { placeholder: string; suffix: string | undefined }[] = []
    const parts = template.split(PLACEHOLDER)
    let pattern = quoted(parts[0] ?? '')
    for (let at = 1; at < parts.length; at += 4) {
      const [kind = '', name = '', suffix, literal = ''] = parts.slice(at, at + 4)
      const placeholder = `${kind}${name}`
      const value = this.#values.get(placeholder)
      if (value !== undefined) pattern += quoted(suffixed(value, suffix))
      else if (PATTERNS[placeholder] !== undefined) pattern += `(?:${PATTERNS[placeholder]})`
      else {
        unbound.push({ placeholder, suffix })
        pattern += `(${KINDS[kind] ?? ANY_VALUE})`
      }
      pattern += quoted(literal)
    }
    const match = new RegExp(`^(?:${pattern})$`).exec(text)
    if (match === null) return false
    return unbound.every(({ placeholder, suffix }, index) => this.#bind(placeholder, suffix, match[index + 1] ?? ''))
  }

  /** Different placeholders of one kind have different values. */
  #bind(placeholder: string, suffix: string | undefined, text: string): boolean {
    if (this.#withheld.has(placeholder)) return false
    const value = suffix === 'urlencode' || suffix === 'quote' ? decodeURIComponent(text.replaceAll('+', ' ')) : text
    const known = this.#values.get(placeholder)
    if (known !== undefined) return known === value
    const kind = kindOf(placeholder)
    if (this.#surplus.get(value) === kind) return false
    for (const [other, taken] of this.#values) if (kindOf(other) === kind && taken === value) return false
    if (placeholder.endsWith(NEW)) this.#surplus = new Map([...this.#surplus, [value, kind]])
    else this.#values.set(placeholder, value)
    return true
  }
}

function kindOf(placeholder: string): string {
  return placeholder.replace(/:.*/, '')
}

function placeholdersIn(template: Json): string[] {
  if (typeof template === 'string') {
    return [...template.matchAll(PLACEHOLDER)].map(([, kind = '', name = '']) => `${kind}${name}`)
  }
  if (Array.isArray(template)) return template.flatMap(placeholdersIn)
  if (!isObject(template)) return []
  return Object.entries(template).flatMap(([name, member]) => [...placeholdersIn(name), ...placeholdersIn(member)])
}

function quoted(literal: string): string {
  return literal.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
}
