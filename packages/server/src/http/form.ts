import type { Call } from './call.ts'
import { badRequest } from './fault.ts'

/** No form of ours has as many, and each costs more than its bytes. */
const FIELDS_MAX = 100

/** The fields of a form that was sent; of several with one name the last counts. Source: overview, 4. */
export class Form {
  readonly #fields: URLSearchParams

  /** @throws {Fault} 400 for more fields than any form has. */
  constructor(text: string) {
    checkFields(text)
    this.#fields = new URLSearchParams(text)
  }

  get(name: string): string | null {
    const value = this.#fields.getAll(name).at(-1) ?? null
    // No stored text holds it.
    return value === null ? null : value.replaceAll('\0', '\ufffd')
  }
}

/** Before it is taken apart. @throws {Fault} 400 */
export function checkFields(text: string): void {
  let at = -1
  for (let fields = 1; (at = text.indexOf('&', at + 1)) >= 0; fields += 1)
    if (fields >= FIELDS_MAX) throw badRequest(`A form has at most ${FIELDS_MAX} fields`)
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
