import { createHash } from 'node:crypto'
import type { Json } from './json.ts'
import type { World } from './transcripts.ts'

export const PLACEHOLDER =
  /<(origin|base|base_path|uuid|token|group|project|application|membership|serial|oauth2|cookie|datetime|http-date|text)(:[^<>|]+)?(?:\|(\w+))?>/g

/** A text of nothing but one of these stands for a JSON integer. */
export const INTEGER = /^<(?:application|membership|serial):\w+>$/

const FIRST_MOMENT = Date.UTC(2024, 0, 1)

/**
 * Gives each placeholder of a scenario a value: the same everywhere, another one than all others have. Dates and texts
 * are patterns, so each of their places gets a value of its own.
 */
export class Bindings {
  readonly #base: URL
  readonly #world: World
  #patterns = 0

  /** @param base scheme, authority and path of the service, without a slash at its end. */
  constructor(base: string, world: World) {
    this.#base = new URL(base)
    this.#world = world
  }

  text(template: string): string {
    return template.replace(PLACEHOLDER, (whole, kind: string, name: string | undefined, suffix: string | undefined) =>
      suffixed(this.#value(kind, name?.slice(1) ?? '', whole), suffix),
    )
  }

  /** Also in the names of members. */
  json(template: Json): Json {
    if (typeof template === 'string') {
      const text = this.text(template)
      return INTEGER.test(template) ? BigInt(text) : text
    }
    if (Array.isArray(template)) return template.map((item) => this.json(item))
    if (typeof template !== 'object' || template === null) return template
    return Object.fromEntries(Object.entries(template).map(([name, member]) => [this.text(name), this.json(member)]))
  }

  texts(templates: Readonly<Record<string, string>> = {}): Record<string, string> {
    return Object.fromEntries(Object.entries(templates).map(([name, text]) => [this.text(name), this.text(text)]))
  }

  #value(kind: string, name: string, whole: string): string {
    const { origin, pathname, host } = this.#base
    switch (kind) {
      case 'origin':
        return name === 'https' ? `https://${host}` : origin
      case 'base':
        return name === 'https' ? `https://${host}${pathname}` : `${origin}${pathname}`
      case 'base_path':
        return pathname
      case 'uuid':
      case 'project':
        return uuidOf(whole.replace(/\|.*/, '>'))
      case 'application':
      case 'membership':
      case 'serial':
        return String(this.#world.identifiers[kind] + numberOf(name) - 1n)
      case 'group':
        return String(digest(name).readUInt32BE())
      case 'datetime':
        return name === 'text' ? 'Jan. 1, 2024, noon' : this.#moment()
      case 'http-date':
        return new Date(FIRST_MOMENT).toUTCString()
      case 'text':
        return `text ${++this.#patterns}`
      default:
        return digest(`${kind}:${name}`).toString('base64url').slice(0, 32)
    }
  }

  #moment(): string {
    const second = new Date(FIRST_MOMENT + ++this.#patterns * 1000).toISOString().slice(0, 19)
    return `${second}.${String(this.#patterns).padStart(6, '0')}+00:00`
  }
}

export function suffixed(value: string, suffix: string | undefined): string {
  switch (suffix) {
    case undefined:
    case 'string':
      return value
    case 'urlencode':
      return encodeURIComponent(value).replaceAll('%20', '+')
    case 'quote':
      return encodeURIComponent(value).replaceAll('%2F', '/')
    case 'upper':
      return value.toUpperCase()
    default:
      throw new Error(`A placeholder with the unknown suffix ${suffix}`)
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function uuidOf(text: string): string {
  const hex = digest(text).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

function numberOf(name: string): bigint {
  if (!/^\d+$/.test(name)) throw new Error(`A placeholder with no number: ${name}`)
  return BigInt(name)
}
