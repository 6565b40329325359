import { randomUUID } from 'node:crypto'

const INTEGERS = new Set(['application', 'membership', 'serial'])
const PLACEHOLDER = /<([a-z_0-9]+(?:[:-][^<>|]*)?)(?:\|(\w+))?>/g

/**
 * Values for the placeholders of one scenario. The service is ours to play, so they are chosen, not learned: the same
 * placeholder has the same value everywhere, different ones of a kind have different values.
 */
export class Placeholders {
  readonly #values = new Map<string, string>()
  readonly #origin: string
  readonly #basePath: string
  #next = 1000

  constructor(origin: string, basePath: string) {
    this.#origin = origin
    this.#basePath = basePath
  }

  /** Fills a value in, keys of objects included. */
  fill(value: unknown): unknown {
    if (typeof value === 'string') return this.#fillText(value)
    if (Array.isArray(value)) return value.map((item) => this.fill(item))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [String(this.#text(key)), this.fill(member)]),
    )
  }

  /** A text that is nothing but an integer's placeholder stands for the integer. */
  #fillText(text: string): string | number {
    const whole = /^<((application|membership|serial):[^<>|]+)>$/.exec(text)
    return whole ? Number(this.#value(whole[1] as string)) : this.#text(text)
  }

  #text(text: string): string {
    return text.replace(PLACEHOLDER, (_, name: string, suffix: string | undefined) =>
      encoded(this.#value(name), suffix),
    )
  }

  #value(name: string): string {
    const known = this.#values.get(name)
    if (known !== undefined) return known
    const value = this.#choose(name)
    this.#values.set(name, value)
    return value
  }

  #choose(name: string): string {
    const fixed: Record<string, string> = {
      origin: this.#origin,
      'origin:https': this.#origin.replace('http:', 'https:'),
      base: this.#origin + this.#basePath,
      'base:https': this.#origin.replace('http:', 'https:') + this.#basePath,
      base_path: this.#basePath,
      datetime: '2026-11-24T03:12:24.957632+00:00',
      'datetime:text': 'Nov. 24, 2026, 3:48 a.m.',
      'http-date': 'Tue, 24 Nov 2026 03:12:24 GMT',
      text: 'Some text',
    }
    const kind = name.split(':', 1)[0] as string
    if (fixed[name] !== undefined) return fixed[name]
    if (INTEGERS.has(kind) || kind === 'group') return String((this.#next += 1))
    return kind === 'uuid' || kind === 'project' ? randomUUID() : `${kind}-${randomUUID().replaceAll('-', '')}`
  }
}

function encoded(value: string, suffix: string | undefined): string {
  if (suffix === 'urlencode') return encodeURIComponent(value).replaceAll('%20', '+')
  if (suffix === 'quote') return encodeURIComponent(value).replaceAll('%2F', '/')
  return suffix === 'upper' ? value.toUpperCase() : value
}
