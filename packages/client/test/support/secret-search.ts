import { inspect } from 'node:util'

/** Looks for secrets in whatever a caller could print, store or send on, however it is written there. */
export class SecretSearch {
  /** Of each secret a run of letters and digits: no encoding changes it, unless it changes everything. */
  readonly #cores: readonly string[]
  /** Each text once, with where it was first seen: the same texts stand in many places. */
  readonly #texts = new Map<string, string>()

  constructor(secrets: readonly string[]) {
    this.#cores = secrets.map(coreOf)
  }

  add(where: string, value: unknown): void {
    for (const text of textsOf(value)) if (!this.#texts.has(text)) this.#texts.set(text, where)
  }

  /** @throws when one is found. */
  expectNothing(): void {
    for (const [text, where] of this.#texts) {
      for (const reading of readingsOf(text)) {
        for (const core of this.#cores) {
          const at = reading.indexOf(core)
          if (at >= 0) throw new Error(`${where} shows ${core}: …${reading.slice(Math.max(0, at - 300), at + 60)}…`)
        }
      }
    }
  }
}

export function coreOf(secret: string): string {
  return /[A-Za-z0-9]{20}/.exec(secret)?.[0] ?? secret
}

/** A value as it is printed, and all that can be reached from it: members of all kinds, also inherited and hidden ones. */
function textsOf(value: unknown): Set<string> {
  const texts = new Set([
    inspect(value, { depth: Infinity, showHidden: true, maxArrayLength: null, maxStringLength: null }),
    attempted(() => String(value)),
    attempted(() =>
      JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? String(member) : member)),
    ),
  ])
  walk(value, texts, new Set())
  return texts
}

function walk(value: unknown, texts: Set<string>, seen: Set<unknown>): void {
  if (typeof value === 'string') texts.add(value)
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return
  seen.add(value)
  if (ArrayBuffer.isView(value)) {
    texts.add(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1'))
    return
  }
  for (let holder: unknown = value; isOfInterest(holder); holder = Object.getPrototypeOf(holder)) {
    for (const key of Reflect.ownKeys(holder)) {
      if (typeof key === 'string') texts.add(key)
      if (key === 'constructor' || key === 'prototype') continue
      walk(
        attempted(() => (value as Record<PropertyKey, unknown>)[key]),
        texts,
        seen,
      )
    }
  }
}

const PLAIN: readonly unknown[] = [Object.prototype, Array.prototype, Function.prototype, null]

function isOfInterest(holder: unknown): holder is object {
  return !PLAIN.includes(holder)
}

function attempted<T>(read: () => T): T | '' {
  try {
    return read() ?? ''
  } catch {
    return ''
  }
}

/** A text as it is, and with its encodings undone. */
function readingsOf(text: string): string[] {
  const once = decoded(text)
  const base64 = [...text.matchAll(/[A-Za-z0-9+/_-]{24,}/g)].flatMap(([run]) =>
    [0, 1, 2, 3].map((offset) => Buffer.from(run.slice(offset), 'base64').toString('latin1')),
  )
  const buffers = [...text.matchAll(/<Buffer ([0-9a-f ]+)/g)].map(([, bytes = '']) =>
    Buffer.from(bytes.replaceAll(' ', ''), 'hex').toString('latin1'),
  )
  return [text, ...(once === text ? [] : [once, decoded(once)]), ...base64, ...buffers]
}

function decoded(text: string): string {
  return text.replace(
    /%([0-9a-fA-F]{2})|\\+u([0-9a-fA-F]{4})|\\+x([0-9a-fA-F]{2})|&#(\d+);/g,
    (_, ...found: string[]) => {
      const [percent, unit, byte, entity] = found
      return String.fromCharCode(
        entity === undefined ? Number.parseInt(percent ?? unit ?? byte ?? '', 16) : Number(entity),
      )
    },
  )
}
