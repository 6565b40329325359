import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readJson, type Json, type JsonObject } from '../replay/json.ts'

export const WORLD_FILE: string = fileURLToPath(new URL('../../fixtures/golden/world.json', import.meta.url))

/** Who and what there is, in the names that stand for it. */
const world = readJson(readFileSync(WORLD_FILE, 'utf8')) as JsonObject

const listOf = (name: string): readonly JsonObject[] => world[name] as Json[] as JsonObject[]

const isValid = (each: JsonObject): boolean => each['token_expired'] === false

/** Tokens that are let in, and whose they are. */
export const userTokens: ReadonlyMap<string, string> = new Map(
  listOf('users')
    .filter((user) => isValid(user) && user['is_active'] === true && user['has_signed_terms'] === true)
    .map(({ token, uuid }) => [token as string, uuid as string]),
)
export const componentTokens: ReadonlyMap<string, string> = new Map(
  listOf('components')
    .filter(isValid)
    .map(({ token, name }) => [token as string, name as string]),
)

/** States of system projects, by uuid: that of the user. */
export const systemProjects: ReadonlyMap<string, 'active' | 'suspended'> = new Map(
  listOf('users').flatMap(({ uuid, system_project: state }) =>
    state === null ? [] : [[uuid as string, state as 'active' | 'suspended'] as const],
  ),
)
export const projectAdmins: readonly Json[] = listOf('users').flatMap(({ uuid = '', is_project_admin: is }) =>
  is === true ? [uuid] : [],
)

/** Everybody who was ever accepted, by address. */
export const accepted: ReadonlyMap<string, { readonly uuid: string; readonly isActive: boolean }> = new Map(
  listOf('users')
    .filter(({ moderated, is_rejected: isRejected }) => moderated === true && isRejected === false)
    .map(({ email, uuid, is_active: isActive }) => [
      email as string,
      { uuid: uuid as string, isActive: isActive === true },
    ]),
)

/** Who may administer users. */
export const helpdesk: ReadonlySet<string> = new Set(
  listOf('users').flatMap(({ uuid, groups }) => ((groups as Json[]).includes('helpdesk') ? [uuid as string] : [])),
)

export interface Account {
  readonly uuid: string
  /** In lower case. */
  readonly name: string
  readonly isVerified: boolean
  readonly isAccepted: boolean
  readonly isActive: boolean
}

export const accounts: readonly Account[] = listOf('users').map((user) => ({
  uuid: user['uuid'] as string,
  name: (user['email'] as string).toLowerCase(),
  isVerified: user['email_verified'] === true,
  isAccepted: user['moderated'] === true && user['is_rejected'] === false,
  isActive: user['is_active'] === true,
}))

/** Whether the API shows them, by name. */
export const resources: ReadonlyMap<string, boolean> = new Map(
  listOf('resources').map(({ name, api_visible: isVisible }) => [name as string, isVisible === true]),
)

export interface Holding {
  readonly limit: bigint
  usageMin: bigint
  usageMax: bigint
}

export const keyOf = (holder: Json, source: Json, resource: Json): string => JSON.stringify([holder, source, resource])

/** Everybody's own project, and the commission that is pending in every world. */
export function holdings(): Map<string, Holding> {
  const all = new Map<string, Holding>()
  for (const { uuid, system_project: project } of listOf('users')) {
    if (project === null) continue
    for (const { name, uplimit } of listOf('resources')) {
      const limit = project === 'active' ? (uplimit as bigint) : 0n
      const usageMax = uuid === '<uuid:alice>' && name === 'cyclades.vm' ? 1n : 0n
      const [user, source] = [`user:${uuid as string}`, `project:${uuid as string}`]
      all.set(keyOf(user, source, name as string), { limit, usageMin: 0n, usageMax })
      all.set(keyOf(source, null, name as string), { limit, usageMin: 0n, usageMax })
    }
  }
  return all
}
