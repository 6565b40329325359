import { AstakosClient, stringifyExact, parseExact } from 'astakosclient'
import { judge, type Outcome, type RecordedAnswer } from './expectation.ts'
import { Placeholders } from './placeholders.ts'
import { recognise, RULES, type Invocation, type Recorded } from './recognise.ts'
import { same } from './same.ts'
import type { Reply, ReplayService } from './service.ts'
import type { Json, Scenario, Step } from './transcripts.ts'
import { catalogOf, type World } from './world.ts'

/** What became of a step. */
export type Verdict =
  | { readonly kind: 'passed' }
  | { readonly kind: 'left out'; readonly rule: string }
  | { readonly kind: 'failed'; readonly problems: readonly string[] }

const BASE_PATH = '/astakos'
/** Calls that nobody has to log in for: the client's token goes along and is ignored. */
const PUBLIC = /^\/(identity\/v2\.0\/tokens.*|ui\/get_services|account\/v1\.0\/resources|oauth2\/token)$/
const NO_PLAIN_BODY = ['latin1', 'generated', 'transfer']

export async function* replay(
  scenario: Scenario,
  world: World,
  service: ReplayService,
): AsyncGenerator<{ step: Step; verdict: Verdict; methods: readonly string[] }> {
  const placeholders = new Placeholders(service.origin, BASE_PATH)
  service.discover(stringifyExact(placeholders.fill(catalogOf(world))))
  for (const step of scenario.steps) {
    const { verdict, methods } = await replayStep(step, placeholders, service)
    yield { step, verdict, methods }
  }
}

async function replayStep(
  step: Step,
  placeholders: Placeholders,
  service: ReplayService,
): Promise<{ verdict: Verdict; methods: string[] }> {
  const leftOut = (rule: string): { verdict: Verdict; methods: string[] } => ({
    verdict: { kind: 'left out', rule },
    methods: [],
  })
  if (!step.request || !step.response) return leftOut('an operator action or a pause')
  const raw = step.request
  if (NO_PLAIN_BODY.some((name) => name in raw))
    return leftOut('a body that is generated, not UTF-8, or sent in another way')
  if ('cookie_jar' in raw) return leftOut('a browser with a session')
  const request = recordedOf(raw, placeholders)
  if (!request) return leftOut(RULES.path)
  const found = recognise(request)
  if (typeof found === 'string') return leftOut(found)
  const { 'x-auth-token': token, 'content-type': _type, authorization: _basic, ...extra } = request.headers
  if (!PUBLIC.test(request.path)) {
    if (token === undefined || token === '') return leftOut('no token in a call that always has one')
    if (/[^\x21-\x7e]/.test(token)) return leftOut(RULES.refused)
  }
  const problems: string[] = []
  for (const invocation of found) {
    problems.push(
      ...(await drive(invocation, request, extra, answerOf(step.response, placeholders), service)).map(
        (problem) => `${invocation.method}: ${problem}`,
      ),
    )
  }
  const methods = found.map(({ method }) => method)
  return { verdict: problems.length > 0 ? { kind: 'failed', problems } : { kind: 'passed' }, methods }
}

/** Null for a path outside of the service. */
function recordedOf(raw: Json, placeholders: Placeholders): Recorded | null {
  const url = placeholders.fill(raw['url']) as string
  const base = placeholders.fill('<base>') as string
  if (!url.startsWith(`${base}/`)) return null
  const [path, query = ''] = url.slice(base.length).split('?')
  const headers = Object.fromEntries(
    Object.entries(placeholders.fill(raw['headers'] ?? {}) as Record<string, string>).map(([name, value]) => [
      name.toLowerCase(),
      value,
    ]),
  )
  return {
    method: raw['method'] as string,
    path: path as string,
    query: new URLSearchParams(query),
    headers,
    body: bodyOf(raw, placeholders),
  }
}

function bodyOf(raw: Json, placeholders: Placeholders): Recorded['body'] {
  if ('json' in raw) return { kind: 'json', value: placeholders.fill(raw['json']) }
  if ('form' in raw)
    return { kind: 'form', value: new URLSearchParams(placeholders.fill(raw['form']) as Record<string, string>) }
  if (!('text' in raw)) return { kind: 'none', value: undefined }
  const text = placeholders.fill(raw['text']) as string
  try {
    const value = parseExact(text)
    // Only what a serialiser would write is a body that a method can send: no `1.0`, no key twice, no half surrogates.
    return /\d\.0|[eE][+]?\d/.test(text) ||
      stringifyExact(value) !== stringifyExact(parseExact(stringifyExact(value))) ||
      hasKeyTwice(text, value)
      ? { kind: 'raw', value: text }
      : { kind: 'json', value }
  } catch {
    return { kind: 'raw', value: text }
  }
}

function hasKeyTwice(text: string, value: unknown): boolean {
  return stringifyExact(value).length < text.replaceAll(/\s/g, '').length
}

function answerOf(
  response: Json,
  placeholders: Placeholders,
): RecordedAnswer & { readonly headers: Record<string, string> } {
  const status = response['status'] as number
  const headers = placeholders.fill(response['headers'] ?? {}) as Record<string, string>
  if ('json' in response) {
    const json = placeholders.fill(response['json'])
    return { status, headers, json, text: stringifyExact(json) }
  }
  const text =
    'text' in response
      ? (placeholders.fill(response['text']) as string)
      : 'html' in response
        ? '<!doctype html><title>page</title>'
        : ''
  return { status, headers, text }
}

async function drive(
  invocation: Invocation,
  request: Recorded,
  extra: Record<string, string>,
  answer: ReturnType<typeof answerOf>,
  service: ReplayService,
): Promise<string[]> {
  const reply: Reply = { status: answer.status, headers: answer.headers, body: Buffer.from(answer.text) }
  service.play(reply, invocation.method !== 'getEndpoints')
  const token =
    invocation.method === 'authenticate'
      ? (invocation.body as { auth: { token: { id: string } } }).auth.token.id
      : request.headers['x-auth-token'] || 'not-asked-for'
  const client = new AstakosClient(token, `${service.origin}${BASE_PATH}/identity/v2.0`, {
    headers: extra,
    timeoutMs: 10_000,
  })
  const outcome = await outcomeOf(client, invocation)
  return [...sentProblems(invocation, request, token, extra, service), ...judge(invocation, answer, outcome)]
}

async function outcomeOf(client: AstakosClient, { method, args }: Invocation): Promise<Outcome> {
  try {
    const call = (client as unknown as Record<string, (...args: readonly unknown[]) => Promise<unknown>>)[method]
    return { returned: await call?.apply(client, [...args]) }
  } catch (thrown) {
    return { thrown }
  }
}

function sentProblems(
  invocation: Invocation,
  request: Recorded,
  token: string,
  extra: Record<string, string>,
  service: ReplayService,
): string[] {
  const [sent] = service.arrived
  if (!sent || service.arrived.length > 1) return [`sent ${service.arrived.length} requests, due was one`]
  const url = new URL(sent.url, service.origin)
  const problems = [
    ...same('method', request.method, sent.method),
    ...same('path', request.path, decodedPath(url.pathname.slice(BASE_PATH.length), request.path)),
    ...same('query', [...request.query].sort(), [...url.searchParams].sort()),
    ...same('X-Auth-Token', token, sent.headers['x-auth-token']),
  ]
  for (const [name, value] of Object.entries(extra)) problems.push(...same(name, value, sent.headers[name]))
  if (request.method === 'GET' && sent.body.length > 0) problems.push('sent a body with GET')
  if (invocation.body !== undefined) {
    problems.push(...same('content-type', request.headers['content-type'], sent.headers['content-type']))
    const body = sent.body.toString()
    problems.push(
      ...same(
        'body',
        invocation.body,
        request.body.kind === 'form' ? Object.fromEntries(new URLSearchParams(body)) : parseExact(body),
      ),
    )
  }
  if (invocation.method === 'getToken')
    problems.push(...same('authorization', request.headers['authorization'], sent.headers['authorization']))
  return problems
}

/** The recorder did not encode what the client does: the same path all the same. */
function decodedPath(sent: string, recorded: string): string {
  return decodeURIComponent(sent) === decodeURIComponent(recorded) ? recorded : sent
}
