import { html } from 'ghtml'
import type { Answer } from '../http/answer.ts'

/** What every page has around its own part. Everything that is put in is escaped, but what is HTML already (`!${…}`). */
export interface PageFrame {
  /** Below the base URL. */
  readonly base: string
  readonly title: string
  /** HTML. */
  readonly body: string
  /** The address of who is signed in. */
  readonly who?: string | undefined
  readonly status?: number
  readonly cookies?: readonly string[]
  /** Where its forms may lead to, beside this service itself; null: anywhere, since browsers look at the whole way. */
  readonly formsTo?: readonly string[] | null
  readonly headers?: Readonly<Record<string, string>>
}

export function shownPage({
  base,
  title,
  body,
  who,
  status = 200,
  cookies = [],
  formsTo = [],
  headers = {},
}: PageFrame): Answer {
  return {
    status,
    contentType: 'text/html; charset=utf-8',
    body: html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>${title} · Astakos</title>
          <link rel="stylesheet" href="${base}/ui/style.css" />
        </head>
        <body>
          <a class="skip" href="#main">Skip to the content</a>
          <header>
            <strong>Astakos</strong>
            <nav aria-label="Account">!${who === undefined ? '' : menu(base, who)}</nav>
          </header>
          <main id="main">
            <h1>${title}</h1>
            !${body}
          </main>
          <footer><p class="hint">Identity, quotas and projects.</p></footer>
        </body>
      </html> `,
    cookies,
    headers: { ...pageHeaders(formsTo), ...headers },
  }
}

function menu(base: string, who: string): string {
  return html`<span>${who}</span>
    <a href="${base}/ui/landing">Dashboard</a>
    <a href="${base}/ui/api_access">API access</a>
    <a href="${base}/ui/logout">Sign out</a>`
}

/** No scripts, no frames, nothing from elsewhere, and nothing is kept. */
export function pageHeaders(formsTo: readonly string[] | null): Record<string, string> {
  const forms = formsTo === null ? '' : `; form-action 'self'${formsTo.map((origin) => ` ${origin}`).join('')}`
  return {
    'content-security-policy': `default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'${forms}`,
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cache-control': 'no-store',
  }
}
