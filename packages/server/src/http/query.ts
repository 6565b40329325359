import { badRequest } from './fault.ts'

/** The parameters of a URL; of several with one name the last counts. Source: overview, 4. */
export class Query {
  readonly #raw = new Map<string, string>()

  constructor(url: string) {
    const start = url.indexOf('?')
    if (start < 0) return
    for (const pair of url.slice(start + 1).split('&')) {
      if (pair === '') continue
      const equals = pair.indexOf('=')
      const name = decode(equals < 0 ? pair : pair.slice(0, equals))
      if (name !== null) this.#raw.set(name, equals < 0 ? '' : pair.slice(equals + 1))
    }
  }

  /** @throws {Fault} 400 for what is no UTF-8, or holds NUL, which no stored text does. */
  get(name: string): string | null {
    const raw = this.#raw.get(name)
    if (raw === undefined) return null
    const value = decode(raw)
    if (value === null || value.includes('\0')) throw badRequest(`Parameter ${name} is not valid UTF-8 text`)
    return value
  }

  /** For a secret or a choice: what can't be read is like any other wrong value. */
  peek(name: string): string | null {
    const raw = this.#raw.get(name)
    return raw === undefined ? null : (decode(raw) ?? raw)
  }
}

function decode(text: string): string | null {
  if (!/[%+]/.test(text)) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return null
  }
}
