import { isNoDecision, NoAnswer, send, type Answer, type Message } from './http.ts'
import type { Intent, Journal, Side, State } from './journal.ts'
import type { World } from './world.ts'

/** Where calls are made from: all of them go through its journal. */
export interface Desk {
  readonly world: World
  readonly journal: Journal
  /** Asked before each request. */
  readonly origin: () => string
  readonly by: Side
  /** Told of answers that the contract does not know. */
  readonly onSurprise: (what: string) => void
}

const PATH = '/astakos/account/v1.0'

export interface Issued {
  readonly status: number
  /** Of a 201. */
  readonly serial: number | null
}

/** One attempt of what was journaled before. @returns null where nobody knows what was decided. */
export async function issue(desk: Desk, intent: Intent): Promise<Issued | null> {
  const answer = await ask(desk, issueMessage(desk.world, intent))
  if (isNoDecision(answer) || answer === null) return null
  const { status, body } = answer
  if (!DECISIONS.has(status)) {
    desk.onSurprise(`An issue with the key ${intent.key} was answered by ${status} ${body}`)
    return null
  }
  const serial = status === 201 ? (JSON.parse(body) as { serial: number }).serial : null
  desk.journal.write({ at: 'decided', key: intent.key, decision: { status, body, serial, by: desk.by } })
  return { status, serial }
}

const DECISIONS = new Set([201, 404, 413])

export function issueMessage(world: World, { key, component, provisions, autoAccept }: Intent): Message {
  // The name carries the key, so that an effect tells where it comes from.
  const body = { provisions, name: `keyed ${key}`, force: false, auto_accept: autoAccept }
  return {
    method: 'POST',
    path: `${PATH}/commissions`,
    headers: { ...headersOf(world, component), 'idempotency-key': key },
    body: JSON.stringify(body),
  }
}

/** A commission that was issued, as far as settling it goes. */
export interface Open {
  readonly key: string
  readonly component: number
  readonly serial: number
}

/** @returns true where an answer tells how it ended. */
export async function act(desk: Desk, open: Open, to: State): Promise<boolean> {
  const { key, component, serial } = open
  const verb = to === 'accepted' ? 'accept' : 'reject'
  desk.journal.write({ at: 'act', accept: verb === 'accept' ? [key] : [], reject: verb === 'reject' ? [key] : [] })
  const answer = await ask(desk, {
    method: 'POST',
    path: `${PATH}/commissions/${serial}/action`,
    headers: headersOf(desk.world, component),
    body: JSON.stringify({ [verb]: '' }),
  })
  if (answer?.status === 200) {
    desk.journal.write({ at: 'acted', key, state: to })
    return true
  }
  // A copy or an earlier attempt may have been faster. How it ended is a question of its own.
  if (answer?.status === 404) return (await find(desk, open)) !== 'unknown'
  if (!isNoDecision(answer)) desk.onSurprise(`${verb} of ${serial} was answered by ${answer?.status} ${answer?.body}`)
  return false
}

/** Of one component. */
export async function resolveMany(desk: Desk, accept: readonly Open[], reject: readonly Open[]): Promise<void> {
  const all = [...accept, ...reject]
  const [first] = all
  if (!first) return
  const [acceptKeys, rejectKeys] = [accept.map(({ key }) => key), reject.map(({ key }) => key)]
  desk.journal.write({ at: 'act', accept: acceptKeys, reject: rejectKeys })
  const answer = await ask(desk, {
    method: 'POST',
    path: `${PATH}/commissions/action`,
    headers: headersOf(desk.world, first.component),
    body: JSON.stringify({ accept: accept.map(({ serial }) => serial), reject: reject.map(({ serial }) => serial) }),
  })
  if (answer?.status !== 200) {
    if (!isNoDecision(answer)) desk.onSurprise(`Resolving many was answered by ${answer?.status} ${answer?.body}`)
    return
  }
  const ended = JSON.parse(answer.body) as { accepted: number[]; rejected: number[]; failed: [number, unknown][] }
  const bySerial = new Map(all.map((open) => [open.serial, open]))
  for (const state of ['accepted', 'rejected'] as const)
    for (const serial of ended[state]) {
      const open = bySerial.get(serial)
      if (open) desk.journal.write({ at: 'acted', key: open.key, state })
      else desk.onSurprise(`Resolving many ${state} ${serial}, which was not asked for`)
    }
  for (const [serial] of ended.failed) {
    const open = bySerial.get(serial)
    if (open) await find(desk, open)
  }
}

/** How it ended, after a lost answer. Source: idempotency contract, 9 and 13. */
export async function find(desk: Desk, { key, component, serial }: Open): Promise<State | 'pending' | 'unknown'> {
  const answer = await ask(desk, {
    method: 'GET',
    path: `${PATH}/commissions/${serial}?resolved=true`,
    headers: headersOf(desk.world, component),
    body: '',
  })
  if (isNoDecision(answer) || answer === null) return 'unknown'
  if (answer.status !== 200) {
    desk.onSurprise(`${serial} was acknowledged, and asking for it was answered by ${answer.status}`)
    return 'unknown'
  }
  const { state } = JSON.parse(answer.body) as { state: State | 'pending' }
  if (state !== 'pending') desk.journal.write({ at: 'acted', key, state })
  return state
}

export function headersOf({ components }: World, component: number): Record<string, string> {
  return { 'x-auth-token': components[component]?.token ?? '', 'content-type': 'application/json' }
}

async function ask({ origin }: Desk, message: Message): Promise<Answer | null> {
  try {
    return await send(origin(), message)
  } catch (error) {
    if (error instanceof NoAnswer) return null
    throw error
  }
}

/** A read of a component's own, asked until the service has an answer. */
export async function read(desk: Desk, component: number, path: string): Promise<unknown> {
  const answer = await ask(desk, {
    method: 'GET',
    path: `${PATH}/${path}`,
    headers: headersOf(desk.world, component),
    body: '',
  })
  if (answer?.status !== 200) throw new Error(`GET ${path} was answered by ${answer?.status ?? 'nothing'}`)
  return JSON.parse(answer.body)
}
