import type { Notes } from './notes.ts'

/** `info_data`: a JSON object as text, or nothing. */
export function metadataOf(notes: Notes, what: string, text: string | null): string {
  if (text === null || text.trim() === '') return '{}'
  try {
    const value: unknown = JSON.parse(text)
    // PostgreSQL keeps no NUL in JSON.
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && !text.includes('\\u0000')) return text
  } catch {
    // It is no JSON.
  }
  if (text.trim() !== 'null') notes.change(what, 'info_data was no JSON object: it is empty now')
  return '{}'
}
