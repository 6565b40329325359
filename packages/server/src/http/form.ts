import type { Call } from './call.ts'

/** The fields of a form that was sent; of several with one name the last counts. Source: overview, 4. */
export class Form {
  readonly #fields: URLSearchParams

  constructor(text: string) {
    this.#fields = new URLSearchParams(text)
  }

  get(name: string): string | null {
    const value = this.#fields.getAll(name).at(-1) ?? null
    // No stored text holds it.
    return value === null ? null : value.replaceAll('\0', '\ufffd')
  }
}

const FORM = /^application\/x-www-form-urlencoded\s*(?:;|$)/i

/** By what the body is called, whatever the parameters of its type. */
export function isForm({ header }: Call): boolean {
  return FORM.test(header('content-type') ?? '')
}

/** Empty where the body is something else. */
export function formOf(call: Call): Form {
  return new Form(isForm(call) ? (call.body?.toString('utf8') ?? '') : '')
}
