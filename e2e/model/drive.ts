import { parseExact, stringifyExact } from 'astakosclient/wire'
import type { QuotaEngine } from '../../packages/server/src/quotas/engine.ts'
import { fingerprintOf } from '../../packages/server/src/quotas/fingerprint.ts'
import { mergeProvisions } from '../../packages/server/src/quotas/provision.ts'
import { KeyReused, type Resolution } from '../../packages/server/src/quotas/requests.ts'
import type { Act, Answer, Issue, Request, ResolveMany } from './steps.ts'

/** Has requests answered. */
export type Drive = (request: Request) => Promise<Answer>

/** Over HTTP. `spelling` picks one of the ways to write the same request. */
export function overHttp(baseUrl: string, tokens: ReadonlyMap<string, string>, spelling: () => number): Drive {
  return async (request) => {
    const { method, path, body } = spelled(request, spelling())
    const headers: Record<string, string> = { 'x-auth-token': tokens.get(request.by) ?? '' }
    if (body !== null) headers['content-type'] = 'application/json'
    if ('key' in request && request.key !== null) headers['idempotency-key'] = request.key
    const response = await fetch(`${baseUrl}/account/v1.0/commissions${path}`, { method, headers, body })
    const text = await response.text()
    return {
      status: response.status,
      body: text === '' ? null : parseExact(text),
      replayed: response.headers.get('idempotency-replayed') === 'true',
      key: response.headers.get('idempotency-key'),
    }
  }
}

function spelled(request: Request, spelling: number): { method: string; path: string; body: string | null } {
  switch (request.kind) {
    case 'issue':
      return { method: 'POST', path: '', body: write(issueDocument(request, spelling), spelling) }
    case 'malformed':
      return { method: 'POST', path: '', body: request.body }
    case 'act':
      return {
        method: 'POST',
        path: `/${request.serial}/action`,
        body: `{"${request.action}":${spelling & 1 ? '""' : 'null'}}`,
      }
    case 'resolve': {
      const { accept, reject } = request
      const lists = {
        ...(accept.length > 0 || spelling & 1 ? { accept } : {}),
        ...(reject.length > 0 || spelling & 2 ? { reject } : {}),
      }
      return { method: 'POST', path: '/action', body: write(lists, spelling) }
    }
    case 'list':
      return { method: 'GET', path: '', body: null }
    case 'show':
      return { method: 'GET', path: `/${request.serial}${request.resolved ? '?resolved=true' : ''}`, body: null }
  }
}

function issueDocument({ provisions, name, force, autoAccept }: Issue, spelling: number): object {
  const optional = {
    ...(name !== '' || spelling & 1 ? { name } : {}),
    ...(force || spelling & 2 ? { force } : {}),
    ...(autoAccept || spelling & 4 ? { auto_accept: autoAccept } : {}),
  }
  const more = spelling & 8 ? { unknown: [1.5, null] } : {}
  return spelling & 16 ? { ...optional, provisions, ...more } : { ...more, provisions, ...optional }
}

function write(document: object, spelling: number): string {
  const text = stringifyExact(document)
  // Blanks between tokens mean nothing; behind this brace there are no texts.
  return spelling & 32 ? ` \n${text}\t ` : text
}

/** Right into the engine: requests that are handed over in one turn of the event loop are decided in one transaction. */
export function intoEngine(engine: QuotaEngine): Drive {
  return async (request) => {
    switch (request.kind) {
      case 'issue':
        return issue(engine, request)
      case 'act':
        return act(engine, request)
      case 'resolve':
        return resolve(engine, request)
      case 'malformed':
      case 'list':
      case 'show':
        throw new TypeError(`The engine knows no ${request.kind}`)
    }
  }
}

async function issue(engine: QuotaEngine, request: Issue): Promise<Answer> {
  const { by: component, key, provisions, name, force, autoAccept } = request
  const fingerprint = fingerprintOf({ provisions, name, force, autoAccept })
  const merged = mergeProvisions(provisions)
  const idempotency = key === null ? null : { key, fingerprint }
  try {
    const { status, body, replayed } = await engine.submit({
      kind: 'issue',
      component,
      name,
      force,
      autoAccept,
      provisions: merged,
      idempotency,
    })
    return { status, body: parseExact(body), replayed, key }
  } catch (error) {
    if (!(error instanceof KeyReused)) throw error
    return {
      status: 422,
      body: { unprocessableEntity: { code: 422, message: error.message, details: '' } },
      replayed: false,
      key: null,
    }
  }
}

async function act(engine: QuotaEngine, { by, action, serial }: Act<bigint>): Promise<Answer> {
  const lists = { accept: action === 'accept' ? [serial] : [], reject: action === 'reject' ? [serial] : [] }
  const { accepted, rejected } = await submit(engine, { kind: 'resolve', by, ...lists })
  return { status: accepted.length + rejected.length > 0 ? 200 : 404, body: null, replayed: false, key: null }
}

async function resolve(engine: QuotaEngine, request: ResolveMany<bigint>): Promise<Answer> {
  const { accepted, rejected, notFound, conflicting } = await submit(engine, request)
  const failed = [
    ...notFound.map((serial) => [serial, { itemNotFound: { code: 404, message: `serial ${serial} does not exist` } }]),
    ...conflicting.map((serial) => [
      serial,
      { badRequest: { code: 400, message: `cannot both accept and reject serial ${serial}` } },
    ]),
  ]
  return { status: 200, body: { accepted, rejected, failed }, replayed: false, key: null }
}

function submit(engine: QuotaEngine, { by, accept, reject }: ResolveMany<bigint>): Promise<Resolution> {
  return engine.submit({ kind: 'resolve', component: by, accept, reject, reason: '' })
}
