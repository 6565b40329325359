import type { Form } from '../http/form.ts'
import { hidden } from './forms.ts'

/** A form says which terms were shown beside it: others may have been published since. */
const TERMS_FIELD = 'terms'

export const TERMS_CHANGED = 'The terms of use have changed meanwhile. Please read the new ones.'

/** @param terms their number; null: there are none. */
export function termsField(terms: bigint | null): string {
  return hidden(TERMS_FIELD, terms === null ? null : String(terms))
}

export function isAgreedTo(form: Form, terms: bigint | null): boolean {
  return terms === null || (form.get(TERMS_FIELD) === String(terms) && form.get('has_signed_terms') === 'on')
}
