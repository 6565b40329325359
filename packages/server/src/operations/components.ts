import { sql, type Queryable } from '../db/statement.ts'
import { hashToken } from '../identity/tokens.ts'
import { Refused } from '../projects/refused.ts'
import { renewComponentToken, tokenTaken } from './registry.ts'
import { removeServicesOf, type RemovedService } from './services.ts'

/** Components that are registered. Source: administration specification, 1.3. */

/** A row, by which operators know it: its number, or its name. */
export type Reference = bigint | string

/** Without its token, of which there is a hash alone. */
export interface ComponentDocument {
  readonly base_url: string | null
  readonly ui_url: string | null
  readonly token_created: Date | null
  readonly token_expires: Date | null
}

export interface Component extends ComponentDocument {
  readonly id: bigint
  readonly name: string
}

const DOCUMENT = 'base_url, ui_url, token_created, token_expires'

const LIST = sql(`
  select id, name, ${DOCUMENT} from components where $1::bigint is null or id > $1 order by id limit $2`)

export function listComponents(on: Queryable, after: bigint | null, count: number): Promise<Component[]> {
  return on.query<Component>(LIST, [after, count])
}

const FIND = `select id, name, ${DOCUMENT} from components where id = $1 or name = $2`
const READ = sql(FIND)
const LOCK = sql(`${FIND} for update`)

/** @throws {Refused} there is none. */
export function readComponent(on: Queryable, reference: Reference): Promise<Component> {
  return find(on, READ, reference)
}

/** Whoever imports its services waits, and the other way round. @throws {Refused} there is none. */
export function lockComponent(tx: Queryable, reference: Reference): Promise<Component> {
  return find(tx, LOCK, reference)
}

async function find(on: Queryable, statement: typeof READ, reference: Reference): Promise<Component> {
  const [id, name] = typeof reference === 'bigint' ? [reference, null] : [null, reference]
  const [component] = await on.query<Component>(statement, [id, name])
  if (component) return component
  throw new Refused(
    'unknown',
    name === null
      ? 'Component does not exist. You may run component-list for available component IDs.'
      : `No component found named ${name}.`,
  )
}

export function documentOf({ base_url, ui_url, token_created, token_expires }: ComponentDocument): ComponentDocument {
  return { base_url, ui_url, token_created, token_expires }
}

/** Undefined: as it is. */
export interface ComponentChange {
  readonly baseUrl?: string | null | undefined
  readonly uiUrl?: string | null | undefined
  /** One that `checkToken` lets through; the old one is worth nothing from the commit on. */
  readonly token?: string | undefined
  /** Null: never. */
  readonly tokenExpires?: Date | null | undefined
}

const MODIFY = sql(`
  update components
     set base_url = $2, ui_url = $3, token_expires = $4, token_hash = coalesce($5, token_hash),
         token_created = case when $5::bytea is null then token_created else now() end
   where id = $1
  returning id, name, ${DOCUMENT}`)
const HAS_TOKEN = sql('select 1 from components where token_hash = $1 and id <> $2')

/** @throws {Refused} another component has that token. */
export async function modifyComponent(
  tx: Queryable,
  component: Component,
  change: ComponentChange,
): Promise<Component> {
  const { baseUrl = component.base_url, uiUrl = component.ui_url, tokenExpires = component.token_expires } = change
  const hash = change.token === undefined ? null : hashToken(change.token)
  if (hash && (await tx.query(HAS_TOKEN, [hash, component.id])).length > 0) throw tokenTaken()
  const [after] = await tx.query<Component>(MODIFY, [component.id, baseUrl, uiUrl, tokenExpires, hash])
  return after as Component
}

/** @returns it as it is then, and its new token. @throws {Refused} there is none. */
export async function renewTokenOf(tx: Queryable, component: Component): Promise<{ after: Component; token: string }> {
  const token = await renewComponentToken(tx, component.name)
  return { after: await readComponent(tx, component.id), token }
}

const REMOVE = sql('delete from components where id = $1')

/**
 * Its services and their endpoints go with it. X-4: resources, holdings and pending commissions stay. Resources keep the name
 * of their service and can be taken over by whichever component imports them next; commissions keep the name of the
 * component, so one that is registered under that name again sees and resolves them, and until then an operator does.
 *
 * A commission that the component is issuing meanwhile is not waited for: its token was good when it asked, so it is decided
 * as ever and stays pending under that name. The next call is a 401.
 *
 * @returns the services that are gone. @throws {Refused} it is the service's own.
 */
export async function removeComponent(tx: Queryable, { id, name }: Component): Promise<RemovedService[]> {
  if (name === 'astakos') throw new Refused('conflict', 'The component named astakos cannot be removed.')
  const services = await removeServicesOf(tx, id)
  await tx.query(REMOVE, [id])
  return services
}
