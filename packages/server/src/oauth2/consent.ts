import { html } from 'ghtml'
import type { Authorization } from './authorize.ts'

/**
 * A page is an extension of the original, which answers the same as JSON: for who names HTML, and names no JSON, or
 * that later or as less welcome. Source: OAuth2 specification, 4.
 */
export function prefersHtml(accept: string | undefined): boolean {
  const [asHtml, asJson] = ['text/html', 'application/json'].map((type) => welcomeOf(accept ?? '', type))
  if (!asHtml || asHtml.quality === 0) return false
  return (
    !asJson || asHtml.quality > asJson.quality || (asHtml.quality === asJson.quality && asHtml.place < asJson.place)
  )
}

interface Welcome {
  readonly quality: number
  readonly place: number
}

function welcomeOf(accept: string, wanted: string): Welcome | null {
  const elements = accept.split(',').map((element) => element.split(';').map((part) => part.trim().toLowerCase()))
  const place = elements.findIndex(([type]) => type === wanted)
  if (place < 0) return null
  const quality = elements[place]?.find((part) => part.startsWith('q='))?.slice(2)
  return { quality: quality === undefined ? 1 : Number(quality) || 0, place }
}

/** Where the form leads to in the end, as a policy names it; a scheme of an application has no host. */
export function originOf(uri: string): string {
  return /^https?:/i.test(uri) ? new URL(uri).origin : `${uri.slice(0, uri.indexOf(':'))}:`
}

interface Consent {
  readonly base: string
  readonly authorization: Authorization
  readonly seconds: number
  /** The fields of the form, as HTML. */
  readonly fields: string
}

/** Who asks, what for, and where an answer leads. There is no answer for no: whoever refuses just goes elsewhere. */
export function consentBody({ base, authorization, seconds, fields }: Consent): string {
  const { client, redirectUri, scope } = authorization
  return html`<p>The application <strong>${client.identifier}</strong> wants to know who you are.</p>
    <h2>What it gets</h2>
    <ul>
      <li>your name, the identifier of your account and of your default project, and your groups,</li>
      <li>for ${String(seconds)} seconds at a time, and until you sign out.</li>
    </ul>
    <p>It gets neither your password nor your token, and can change nothing in your name.</p>
    <dl>
      <dt>Leads to</dt>
      <dd><code>${originOf(redirectUri)}</code></dd>
      <dt>Address</dt>
      <dd><code>${redirectUri}</code></dd>
      <dt>Valid for</dt>
      <dd><code>${scope}</code></dd>
    </dl>
    <form method="post" action="${base}/oauth2/auth">
      !${fields}
      <button>Allow</button>
    </form>
    <p><a href="${base}/ui/landing">Do not allow</a></p>`
}
