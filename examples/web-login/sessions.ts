import type { IncomingMessage } from 'node:http'
import { secretText, type Attempt, type Person } from './sign-in.ts'

/** What is known of a browser: that somebody is about to sign in, or who did. */
export type Session = { readonly attempt: Attempt } | { readonly person: Person }

/** Cookies of one host go to all its ports, so the name has to be one's own. */
const COOKIE = 'web_login'
const LIFE_SECONDS = 3600
/** Whoever comes first goes first, if somebody begins for ever without coming back. */
const SESSIONS_MAX = 10_000

/** In memory: they end with the process. */
export class Sessions {
  readonly #isSecure: boolean
  readonly #sessions = new Map<string, { readonly session: Session; readonly ends: number }>()

  /** @param isSecure people come by https, and the cookie by nothing else. */
  constructor(isSecure: boolean) {
    this.#isSecure = isSecure
  }

  of(request: IncomingMessage): Session | null {
    const found = this.#sessions.get(secretOf(request))
    return found && found.ends > Date.now() ? found.session : null
  }

  /**
   * Ends the one before: with a new secret, nobody can have planted it.
   *
   * @returns the line for `Set-Cookie`. Scripts can't read it, and forms of other sites don't bring it along.
   */
  start(request: IncomingMessage, session: Session): string {
    this.#sessions.delete(secretOf(request))
    const [oldest] = this.#sessions.keys()
    if (oldest !== undefined && this.#sessions.size >= SESSIONS_MAX) this.#sessions.delete(oldest)
    const secret = secretText()
    this.#sessions.set(secret, { session, ends: Date.now() + LIFE_SECONDS * 1000 })
    return this.#line(secret, LIFE_SECONDS)
  }

  end(request: IncomingMessage): string {
    this.#sessions.delete(secretOf(request))
    return this.#line('', 0)
  }

  #line(value: string, seconds: number): string {
    const secure = this.#isSecure ? '; Secure' : ''
    return `${COOKIE}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`
  }
}

function secretOf({ headers }: IncomingMessage): string {
  const pairs = (headers.cookie ?? '').split('; ').map((pair) => pair.split('='))
  return pairs.find(([name]) => name === COOKIE)?.[1] ?? ''
}
