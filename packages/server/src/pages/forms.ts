import { html } from 'ghtml'
import { CSRF_FIELD } from '../signin/csrf.ts'

/** Parts of forms, as HTML. */

export interface Field {
  readonly name: string
  readonly label: string
  readonly type?: 'text' | 'email' | 'password'
  readonly value?: string
  readonly autocomplete: string
  readonly hint?: string
}

export function field({ name, label, type = 'text', value = '', autocomplete, hint }: Field): string {
  const described = hint === undefined ? '' : html` aria-describedby="${name}-hint"`
  return html`<label for="${name}">${label}</label>
    <input
      id="${name}"
      name="${name}"
      type="${type}"
      value="${value}"
      autocomplete="${autocomplete}"
      required!${described}
    />
    !${hint === undefined ? '' : html`<p class="hint" id="${name}-hint">${hint}</p>`}`
}

export function hidden(name: string, value: string | null): string {
  return value === null ? '' : html`<input type="hidden" name="${name}" value="${value}" />`
}

export function csrfField(token: string): string {
  return hidden(CSRF_FIELD, token)
}

/** Read out at once where pages are read out. */
export function errorLine(text: string | null): string {
  return text === null ? '' : html`<p class="error" role="alert">${text}</p>`
}

export function noteLine(text: string | null): string {
  return text === null ? '' : html`<p class="note" role="status">${text}</p>`
}
