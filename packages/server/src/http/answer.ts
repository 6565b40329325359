import type { Readable } from 'node:stream'
import { stringifyExact } from 'astakosclient/wire'
import { escapeXml, type Fault } from './fault.ts'
import { CONTENT_TYPES } from './negotiation.ts'

/** What a call answers. */
export interface Answer {
  readonly status: number
  readonly body: string | Readable
  readonly contentType: string
  readonly headers?: Readonly<Record<string, string>>
  /** Lines for `Set-Cookie`. */
  readonly cookies?: readonly string[]
}

export function json(document: unknown, status = 200): Answer {
  return jsonText(stringifyExact(document), status)
}

/** A document that is text already. */
export function jsonText(
  body: string | Readable,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, body, contentType: CONTENT_TYPES.json, headers }
}

/** Done, with nothing to say; still labelled as JSON. */
export function nothing(status = 200): Answer {
  return jsonText('', status)
}

export function html(body: string, status: number): Answer {
  return { status, body, contentType: 'text/html; charset=utf-8' }
}

/** Dark where the reader has it so; the colours are the browser's own. */
const BARE_STYLE = ':root{color-scheme:light dark}body{background:Canvas;color:CanvasText;font-family:sans-serif}'

const BARE_HEADERS = {
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
}

/** For what is not there, and what is not allowed, outside of the API. */
export function page(title: string, status: number, text: string | null = null): Answer {
  const more = text === null ? '' : `<p>${escapeXml(text)}</p>`
  const body = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>${BARE_STYLE}</style></head><body><main><h1>${title}</h1>${more}</main></body></html>
`
  return { ...html(body, status), headers: BARE_HEADERS }
}

/** For people, who can't read documents. */
export function faultPage({ status, message, headers }: Fault): Answer {
  const shown = page(status >= 500 ? 'That did not work just now' : 'That did not work', status, message)
  return { ...shown, headers: { ...shown.headers, 'cache-control': 'no-store', ...headers } }
}

export function redirect(location: string, status: 301 | 302, headers: Readonly<Record<string, string>> = {}): Answer {
  return { ...html('', status), headers: { ...headers, location } }
}
