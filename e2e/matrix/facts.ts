import { sql } from '../../packages/server/src/db/statement.ts'
import { REASON, getMembership, getProject } from './requests.ts'
import type { Request, Stage } from './stage.ts'

/** What is found out afterwards, each a line for what is otherwise. */

type Document = Readonly<Record<string, unknown>>

/** As an administrator sees it. */
export const projectOf = (stage: Stage, uuid: string): Promise<Document> => read(stage, getProject(uuid))
export const membershipOf = (stage: Stage, id: bigint): Promise<Document> => read(stage, getMembership(id))

async function read(stage: Stage, request: Request): Promise<Document> {
  const { status, json, text } = await stage.call('steward', request)
  return status === 200 ? (json as Document) : { state: `unreadable: ${status} ${text}` }
}

/** Numbers may come as `bigint`. */
export function differs(what: string, got: unknown, expected: unknown): string[] {
  const [is, due] = [textOf(got), textOf(expected)]
  return is === due ? [] : [`${what}: ${due} expected, got ${is}`]
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? Number(each) : each)) ?? 'none'
}

export const isEmpty = (text: string): string[] => differs('the body', text, '')

const DEFAULT_PROJECT = sql('select default_project from users where uuid = $1')

/** The own one: what it was reset to. */
export async function defaultProject(stage: Stage, user: string, expected: string): Promise<string[]> {
  const [row] = await stage.database.query<{ default_project: string }>(DEFAULT_PROJECT, [stage.uuid(user)])
  return differs(`the default project of ${user}`, row?.default_project, expected)
}

const LAST_CHANGE = sql(`
  select l.from_state, l.to_state, u.uuid as actor, l.reason
    from project_log as l
    join projects as p on p.id = l.project_id
    left join users as u on u.id = l.actor_id
   where p.uuid = $1
   order by l.id desc
   limit 1`)

export async function lastChange(
  stage: Stage,
  project: string,
  { from, to, actor }: { readonly from: string; readonly to: string; readonly actor: string },
): Promise<string[]> {
  const [row] = await stage.database.query<Record<string, string>>(LAST_CHANGE, [project])
  const expected = { from_state: from, to_state: to, actor: stage.uuid(actor), reason: REASON }
  return differs('the last change of the project', row, expected)
}

const LAST_MOVES = sql(`
  select l.to_state, u.uuid as actor
    from membership_log as l
    left join users as u on u.id = l.actor_id
   where l.membership_id = $1
   order by l.id desc
   limit $2`)

/** @param states the latest at the end. */
export async function lastMoves(stage: Stage, id: bigint, states: readonly string[], actor: string): Promise<string[]> {
  const rows = await stage.database.query(LAST_MOVES, [id, states.length])
  const expected = states.map((state) => ({ to_state: state, actor: stage.uuid(actor) }))
  return differs('the last changes of the membership', rows.toReversed(), expected)
}
