/** Cuts secrets out of whatever leaves the client: logs, errors, causes. */
export type Redact = (text: string) => string

export const CUT = '(not shown)'

/** Every form in which a secret travels is cut: plain, percent-encoded, form-encoded and inside JSON. */
export function redactor(secrets: readonly string[]): Redact {
  const forms = new Set<string>()
  for (const secret of secrets) {
    if (secret === '') continue
    forms.add(secret)
    forms.add(encodeURIComponent(secret.replace(/[\ud800-\udfff]/gu, '\ufffd')))
    forms.add(new URLSearchParams({ s: secret }).toString().slice(2))
    forms.add(JSON.stringify(secret).slice(1, -1))
  }
  // The longest first: one form may contain another.
  const ordered = [...forms].sort((a, b) => b.length - a.length)
  return (text) => ordered.reduce((rest, form) => rest.replaceAll(form, CUT), text)
}

/** The error itself where it holds no secret; else a copy of what is harmless in it. */
export function redactError(error: unknown, redact: Redact): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? redact(error) : undefined
  if (!holdsSecret(error, redact, new Set())) return error
  const copy = new Error(redact(error.message))
  copy.name = redact(error.name)
  copy.stack = redact(error.stack ?? '')
  const { code } = error as { code?: unknown }
  return Object.assign(copy, typeof code === 'string' ? { code: redact(code) } : {})
}

/** Looks into everything that `inspect` would print, and deeper. */
function holdsSecret(value: unknown, redact: Redact, seen: Set<unknown>): boolean {
  if (typeof value === 'string') return redact(value) !== value
  if (typeof value !== 'object' || value === null || seen.has(value)) return false
  if (seen.size > 1000) return true // too much to be sure
  seen.add(value)
  if (ArrayBuffer.isView(value)) return holdsSecret(new TextDecoder().decode(value), redact, seen)
  if (value instanceof Map || value instanceof Set || value instanceof Headers) {
    return holdsSecret([...(value as Iterable<unknown>)], redact, seen)
  }
  try {
    return Reflect.ownKeys(value).some((key) => {
      if (typeof key === 'string' && redact(key) !== key) return true
      return holdsSecret((value as Record<PropertyKey, unknown>)[key], redact, seen)
    })
  } catch {
    return true
  }
}
