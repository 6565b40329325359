import { sql, type Queryable } from '../db/statement.ts'
import { Refused } from '../projects/refused.ts'
import type { Reference } from './components.ts'

/** Services that are registered. Source: administration specification, 1.3. */
export interface Service {
  readonly id: bigint
  readonly name: string
  readonly component: string
  readonly type: string
}

const LIST = sql(`
  select s.id, s.name, c.name as component, s.type
    from services as s
    join components as c on c.id = s.component_id
   where ($1::bigint is null or s.id > $1)
     and ($2::bigint is null or c.id = $2)
   order by s.id
   limit $3`)

/** In the order of the catalog. @param component null: of all */
export function listServices(
  on: Queryable,
  component: bigint | null,
  after: bigint | null,
  count: number | null,
): Promise<Service[]> {
  return on.query<Service>(LIST, [after, component, count])
}

export interface ShownService extends Service {
  readonly endpoints: readonly { readonly id: bigint; readonly data: Readonly<Record<string, string>> }[]
  /** Their names. */
  readonly resources: readonly string[]
}

const SHOW = sql(`
  select s.id, s.name, c.name as component, s.type,
         coalesce((select json_agg(json_build_object('id', e.id, 'data', e.data) order by e.id)
                     from endpoints as e
                    where e.service_id = s.id), '[]') as endpoints,
         array(select r.name from resources as r where r.service_origin = s.name order by r.id) as resources
    from services as s
    join components as c on c.id = s.component_id
   where s.id = $1 or s.name = $2`)

/** @throws {Refused} there is none. */
export async function readService(on: Queryable, reference: Reference): Promise<ShownService> {
  const [id, name] = typeof reference === 'bigint' ? [reference, null] : [null, reference]
  const [service] = await on.query<ShownService>(SHOW, [id, name])
  if (!service) throw new Refused('unknown', `service: there is no service ${reference}`)
  return service
}

export interface ServiceDocument {
  readonly component: string
  readonly type: string
  readonly endpoints: readonly Readonly<Record<string, string>>[]
}

export interface RemovedService extends ServiceDocument {
  readonly name: string
}

const DOCUMENTS = `
  select s.id, s.name, c.name as component, s.type,
         coalesce((select json_agg(e.data order by e.id) from endpoints as e where e.service_id = s.id), '[]') as endpoints
    from services as s
    join components as c on c.id = s.component_id`
const OF_COMPONENT = sql(`${DOCUMENTS} where c.id = $1 order by s.id`)
const NAMED = sql(`${DOCUMENTS} where s.name = any($1::text[]) order by s.id`)
const REMOVE = sql('delete from services where component_id = $1')

export interface FoundService extends RemovedService {
  readonly id: bigint
}

export function findServices(on: Queryable, names: readonly string[]): Promise<FoundService[]> {
  return on.query<FoundService>(NAMED, [names])
}

/** Their resources stay, X-4. The component has to be locked. @returns what they were. */
export async function removeServicesOf(tx: Queryable, component: bigint): Promise<RemovedService[]> {
  const services = await tx.query<FoundService>(OF_COMPONENT, [component])
  await tx.query(REMOVE, [component])
  return services.map(({ name, component: owner, type, endpoints }) => ({ name, component: owner, type, endpoints }))
}
