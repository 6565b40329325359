import type pg from 'pg'
import { Line } from '../db/line.ts'
import { isReadOnly, isUnavailable, OutcomeUnknown } from '../db/errors.ts'
import { sql, type Queryable } from '../db/statement.ts'
import { Ledger } from './decide.ts'
import type { HoldingIds, Named } from './holding-ids.ts'
import { lockInOrder, settled, type KeyClaim } from './lock.ts'
import { holdingsOf, serialsOf } from './named.ts'
import { KeyReused, type EngineRequest, type IssueAnswer, type IssueRequest, type Resolution } from './requests.ts'
import { write, type StoredDecision } from './write.ts'

export type Outcome = IssueAnswer | Resolution | KeyReused

/** Something was deleted between the statement that met it and the one that read it: once more, and it is not met. */
export class Vanished extends Error {}

const BEGIN = sql('begin')
const COMMIT = sql('commit')
const SET_LOCK_TIMEOUT = sql("select set_config('lock_timeout', $1, true)")
const DRAW_SERIALS = sql("select nextval('serials') as serial from generate_series(1, $1::bigint)")

const READ_KEYS = sql(`
  select k.component, k.key, k.fingerprint, k.status, k.body
    from idempotency_keys as k
    join unnest($1::text[], $2::text[]) as v (component, key) on v.component = k.component and v.key = k.key
   where k.status is not null`)

interface KeyRow {
  component: string
  key: string
  fingerprint: Buffer
  status: number
  body: string
}

export interface BatchOptions {
  /** Told how long it took to lock and read. */
  readonly onLocked: (milliseconds: number) => void
  /** How long to wait for a row, where that is not the connection's own limit. */
  readonly lockTimeoutMs?: number
}

/**
 * Decides requests in their order, in one transaction of two round trips: lock and read, then write and commit.
 *
 * @returns an outcome for each request.
 * @throws {OutcomeUnknown} after the COMMIT was sent; anything else: nothing was decided.
 */
export async function runBatch(
  line: Line,
  ids: HoldingIds,
  requests: readonly EngineRequest[],
  { onLocked, lockTimeoutMs }: BatchOptions,
): Promise<Outcome[]> {
  const client = await line.open()
  const tx = Line.queryable(client)
  ids.learnFrom(client)
  const named = await ids.find(tx, requests)
  const claims = claimsOf(requests)
  const issues = requests.filter(({ kind }) => kind === 'issue').length
  const began = performance.now()
  let state: Awaited<ReturnType<typeof lock>>
  try {
    state = await lock(tx, ids, named, requests, claims, issues, lockTimeoutMs)
  } catch (error) {
    await rollBack(client)
    throw error
  }
  onLocked(performance.now() - began)

  let outcomes: Outcome[]
  let sent: Promise<unknown>[]
  try {
    const ledger = new Ledger({ ...state, named })
    const decisions: StoredDecision[] = []
    outcomes = decideAll(ledger, requests, state.known, decisions)
    sent = write(tx, ledger, decisions)
  } catch (error) {
    await rollBack(client)
    throw error
  }
  await commit(client, sent)
  return outcomes
}

async function lock(
  tx: Queryable,
  ids: HoldingIds,
  named: Named,
  requests: readonly EngineRequest[],
  claims: readonly KeyClaim[],
  issues: number,
  lockTimeoutMs: number | undefined,
): Promise<{
  known: Map<string, KeyRow>
  serials: bigint[]
  pending: Awaited<ReturnType<typeof lockInOrder>>['pending']
  holdings: Awaited<ReturnType<typeof lockInOrder>>['holdings']
}> {
  const [, , locked, drawn] = await settled([
    tx.query(BEGIN),
    lockTimeoutMs === undefined ? null : tx.query(SET_LOCK_TIMEOUT, [`${lockTimeoutMs}ms`]),
    lockInOrder(tx, { keys: claims, serials: namedSerials(requests), holdings: namedHoldings(requests, named) }),
    issues > 0 ? tx.query<{ serial: bigint }>(DRAW_SERIALS, [issues]) : [],
  ])
  // An operator may have deleted one whose id was known. It may be there again, under another id.
  const gone = namedHoldings(requests, named).filter((id) => !locked.holdings.has(id))
  if (gone.length > 0) {
    ids.forget(gone)
    throw new Vanished()
  }
  const known = new Map<string, KeyRow>()
  if (locked.claimed.length < claims.length) {
    const claimed = new Set(locked.claimed.map(keyId))
    const others = claims.filter((claim) => !claimed.has(keyId(claim)))
    const rows = await tx.query<KeyRow>(READ_KEYS, [
      others.map(({ component }) => component),
      others.map(({ key }) => key),
    ])
    for (const row of rows) known.set(keyId(row), row)
    if (rows.length < others.length) throw new Vanished()
  }
  return { known, serials: drawn.map(({ serial }) => serial), pending: locked.pending, holdings: locked.holdings }
}

function decideAll(
  ledger: Ledger,
  requests: readonly EngineRequest[],
  known: Map<string, KeyRow>,
  decisions: StoredDecision[],
): Outcome[] {
  return requests.map((request) => {
    if (request.kind === 'resolve') return ledger.resolve(request)
    if (!request.idempotency) return { ...ledger.issue(request), replayed: false }
    const { component } = request
    const { key, fingerprint } = request.idempotency
    const before = known.get(keyId({ component, key }))
    if (before) return replayOf(before, request)
    const { status, body, serial } = ledger.issue(request)
    // Another copy in this batch takes this answer.
    known.set(keyId({ component, key }), { component, key, fingerprint, status, body })
    decisions.push({ component, key, status, body, serial })
    return { status, body, replayed: false }
  })
}

function replayOf({ fingerprint, status, body }: KeyRow, request: IssueRequest): Outcome {
  if (!request.idempotency?.fingerprint.equals(fingerprint)) return new KeyReused()
  return { status, body, replayed: true }
}

/** The writes are under way; the COMMIT goes out behind them. */
async function commit(client: pg.Client, sent: readonly Promise<unknown>[]): Promise<void> {
  let command: string
  try {
    const [, result] = await settled([settled(sent), Line.on(client, COMMIT)])
    command = result.command
  } catch (error) {
    // A refused write has made the COMMIT a ROLLBACK, so nothing was decided. A connection that broke says nothing.
    if (isReadOnly(error)) throw error
    throw isUnavailable(error) ? new OutcomeUnknown('It is not known whether the commission was decided', error) : error
  }
  if (command !== 'COMMIT') throw new Error('The batch was rolled back')
}

async function rollBack(client: pg.Client): Promise<void> {
  // Where the connection is gone, so is the transaction.
  await client.query('rollback').catch(() => undefined)
}

function namedHoldings(requests: readonly EngineRequest[], named: Named): bigint[] {
  return [...new Set(requests.flatMap((request) => holdingsOf(request, named)))]
}

function namedSerials(requests: readonly EngineRequest[]): bigint[] {
  return [...new Set(requests.flatMap(serialsOf))]
}

/** The first of each key: later copies wait for its answer. */
function claimsOf(requests: readonly EngineRequest[]): KeyClaim[] {
  const claims = new Map<string, KeyClaim>()
  for (const request of requests) {
    if (request.kind !== 'issue' || !request.idempotency) continue
    const { component } = request
    const claim = { component, ...request.idempotency }
    if (!claims.has(keyId(claim))) claims.set(keyId(claim), claim)
  }
  return [...claims.values()]
}

function keyId({ component, key }: { readonly component: string; readonly key: string }): string {
  return `${component}\0${key}`
}
