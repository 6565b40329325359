import type { Base } from './call.ts'
import { NoEndpoints } from './errors.ts'
import type { AuthUrl } from './identity.ts'
import { SharedTask, type Patience } from './shared-task.ts'
import { isDict } from './wire/fault.ts'

/** Where the paths of a base begin. */
export interface Place {
  readonly origin: string
  readonly path: string
}

/** Asks below an identity path for the catalog; null when no Astakos is there and it may be elsewhere. */
export type Ask = (identityPath: string, mayBeElsewhere: boolean, signal: AbortSignal) => Promise<unknown>

/**
 * Finds the endpoints: lazily, once, together. Concurrent first calls share one request, and a failed one is not
 * remembered.
 *
 * Source: client specification, 2.
 */
export class Discovery {
  readonly #authUrl: AuthUrl
  readonly #trusted: ReadonlySet<string>
  readonly #places = new Map<Base, Place>()
  readonly #tasks = new Map<'account' | 'oauth2', SharedTask<void>>()
  #features: ReadonlySet<string> | null = null

  constructor(authUrl: AuthUrl, trusted: ReadonlySet<string>) {
    this.#authUrl = authUrl
    this.#trusted = trusted
    if (authUrl.path !== '') this.#places.set('identity', { origin: authUrl.origin, path: authUrl.path })
  }

  /** Null until it is found. */
  place(base: Base): Place | null {
    return this.#places.get(base) ?? null
  }

  /** Null until the service has been asked. */
  get features(): ReadonlySet<string> | null {
    return this.#features
  }

  /** A service that doesn't keep what it said: see the idempotency contract, 1. */
  forgetFeature(feature: string): void {
    if (this.#features?.has(feature)) this.#features = new Set([...this.#features].filter((other) => other !== feature))
  }

  /** Asks for a base that is not known. @throws {NoEndpoints} and whatever asking throws. */
  async find(base: Base, ask: Ask, patience: Patience): Promise<Place> {
    const kind = base === 'oauth2' ? base : 'account'
    let task = this.#tasks.get(kind)
    if (!task) {
      task = new SharedTask((signal) => this.#discover(kind, ask, signal))
      this.#tasks.set(kind, task)
      const own = task
      own.onSettled(() => this.#tasks.get(kind) === own && this.#tasks.delete(kind))
    }
    await task.join(patience)
    const place = this.#places.get(base)
    if (!place)
      throw new NoEndpoints(
        `No endpoints found matching, name = ${base === 'oauth2' ? 'astakos_oauth2' : 'astakos_account, version_id = v1.0'}`,
        { method: 'POST', path: '/tokens' },
      )
    return place
  }

  /** Learns from an answer to `POST tokens`; what it doesn't hold stays as it was. */
  learn(document: unknown, features: string | null): void {
    if (!isCatalog(document)) return
    this.#features = new Set(
      (features ?? '')
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean),
    )
    const endpoint = firstEndpoint(document, 'astakos_account', 'v1.0')
    this.#set('account', endpoint?.['publicURL'])
    this.#set('ui', endpoint?.['SNF:uiURL'])
  }

  async #discover(kind: 'account' | 'oauth2', ask: Ask, signal: AbortSignal): Promise<void> {
    const known = this.#places.get('identity')
    // The reference's own example is a bare origin, so the usual places below it are tried before the literal one.
    const candidates = known ? [known.path] : ['/identity/v2.0', '/astakos/identity/v2.0', '']
    for (const [index, path] of candidates.entries()) {
      // One after the other: the first that answers is the one.
      // oxlint-disable-next-line no-await-in-loop
      const document = await ask(path, index < candidates.length - 1, signal)
      if (!isCatalog(document)) continue
      this.#places.set('identity', { origin: this.#authUrl.origin, path })
      if (kind === 'oauth2') this.#set('oauth2', firstEndpoint(document, 'astakos_oauth2')?.['publicURL'])
      return
    }
  }

  /** Only the path of an endpoint counts, unless its origin is trusted: the token goes nowhere else. */
  #set(base: Base, url: unknown): void {
    if (typeof url !== 'string' || !URL.canParse(url, this.#authUrl.origin)) return
    const { protocol, origin, pathname } = new URL(url, this.#authUrl.origin)
    if (protocol !== 'http:' && protocol !== 'https:') return // the path of any other may begin with the name of a host
    this.#places.set(base, {
      origin: this.#trusted.has(origin) ? origin : this.#authUrl.origin,
      path: pathname.replace(/\/+$/, ''),
    })
  }
}

/** Of all services of that name: a catalog may have one entry for each of their versions. */
function firstEndpoint(document: unknown, name: string, versionId?: string): Record<string, unknown> | null {
  const services: unknown[] = isCatalog(document) ? document.access.serviceCatalog : []
  const endpoints = services.flatMap((service): unknown[] =>
    isDict(service) && service['name'] === name && Array.isArray(service['endpoints']) ? service['endpoints'] : [],
  )
  const endpoint = endpoints.find(
    (entry) => isDict(entry) && (versionId === undefined || entry['versionId'] === versionId),
  )
  return isDict(endpoint) ? endpoint : null
}

/** An answer to `POST tokens`, as far as it matters here. */
export function isCatalog(document: unknown): document is { access: { serviceCatalog: unknown[] } } {
  return isDict(document) && isDict(document['access']) && Array.isArray(document['access']['serviceCatalog'])
}
