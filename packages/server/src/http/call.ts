import type { ComponentCaller, UserCaller } from '../identity/callers.ts'
import type { Service } from '../service.ts'
import type { ServiceSettings } from '../settings.ts'
import type { Answer } from './answer.ts'
import type { Format } from './negotiation.ts'
import type { Query } from './query.ts'

/** A request, as far as routes are concerned. */
export interface Call {
  readonly service: Service
  /** Percent-decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: Query
  readonly format: Format
  readonly body: Buffer | undefined
  readonly header: (name: string) => string | undefined
  /** As the client sees it: from a trusted proxy, the name that was asked for. */
  readonly origin: string
  /** As it was asked for, with the query. */
  readonly url: string
  /** Over TLS, at least up to a trusted proxy. */
  readonly isSecure: boolean
  /** Of the client, as far as proxies are believed. */
  readonly address: string
}

export interface UserCall extends Call {
  readonly user: UserCaller
}
export interface ComponentCall extends Call {
  readonly component: ComponentCaller
}

type Handler<C extends Call> = (call: C) => Answer | Promise<Answer>

/** To whose members a call is open; anybody else is refused without a message. */
type Groups = (settings: ServiceSettings) => readonly string[]

/** What a method of a route wants to know of its caller, and what it does. */
export type Method =
  | { readonly caller: 'nobody'; readonly handle: Handler<Call> }
  | { readonly caller: 'user'; readonly handle: Handler<UserCall>; readonly groups?: Groups }
  | { readonly caller: 'component'; readonly handle: Handler<ComponentCall> }

export const forNobody = (handle: Handler<Call>): Method => ({ caller: 'nobody', handle })
export const forUser = (handle: Handler<UserCall>): Method => ({ caller: 'user', handle })
export const forMembers = (groups: Groups, handle: Handler<UserCall>): Method => ({ caller: 'user', groups, handle })
export const forComponent = (handle: Handler<ComponentCall>): Method => ({ caller: 'component', handle })

export interface Route {
  /** Below the base URL; the router's syntax for parameters. */
  readonly path: string
  /** Also with a slash at the end. @default true */
  readonly slash?: boolean
  /** Also with each of these at the end. @default none */
  readonly suffixes?: readonly string[]
  readonly methods: Readonly<Record<string, Method>>
  /** `api`: faults are documents, nothing may be cached. `page`: what a browser shows. */
  readonly kind: 'api' | 'page'
  /** Faults are JSON, also where XML is asked for. Source: overview, 4. */
  readonly isJsonOnly?: true
  /** Whether it is switched on; else its path is one that there isn't. @default always */
  readonly isOn?: (settings: ServiceSettings) => boolean
  /** Of a page: programs read it, so its faults are documents. */
  readonly isForPrograms?: true
  /** Of its body. @default 64 KiB for a page, for the API what the settings say */
  readonly bodyBytesMax?: number
  /** Of every answer, faults too. */
  readonly headers?: Readonly<Record<string, string>>
}
