import { sql, type Queryable } from '../db/statement.ts'
import { differing, digestsOfSource, digestsOfTarget, type Digests } from './digests.ts'
import type { Source } from './source.ts'

/** Whoever writes meanwhile waits: a service that runs beside it, or a second import. */
const LOCK = sql(`
  lock table components, services, endpoints, resources, users, groups, projects, memberships, applications, holdings,
             commissions, resolutions, oauth2_clients, terms, imports in share row exclusive mode`)

const FORMER = sql('select at::text, source, target from imports order by id desc limit 1')

const TABLES = [
  'users',
  'groups',
  'projects',
  'applications',
  'holdings',
  'commissions',
  'resolutions',
  'imported_provisions',
  'oauth2_clients',
  'terms',
]
const FULL = sql(`
  select what
    from (${TABLES.map((table) => `select '${table}' as what, exists (select from ${table}) as is_full`).join(' union all ')}
          union all select 'components', exists (select from components where name <> 'astakos')
          union all select 'services', exists (
            select from services as s join components as c on c.id = s.component_id where c.name <> 'astakos')
          union all select 'resources', exists (select from resources where name <> 'astakos.pending_app')) as t
   where is_full`)

const EMPTY = ['resources', 'services', 'components'].map((table) => sql(`delete from ${table}`))

/** This database cannot be imported into. */
export class NotVacant extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'NotVacant'
  }
}

/**
 * Makes room: what the service registered for itself at its start goes, since the original brings its own.
 *
 * @returns when this very source was imported, if it was: then nothing is to be done.
 * @throws {NotVacant} the database has rows of its own, or a former import and something has changed since.
 */
export async function makeRoom(tx: Queryable, source: Source, key: Buffer): Promise<string | null> {
  await tx.query(LOCK)
  const [former] = await tx.query<{ at: string; source: Digests; target: Digests }>(FORMER)
  if (former) {
    const changed = differing(former.target, await digestsOfTarget(tx, key))
    if (changed.length > 0)
      throw new NotVacant(
        `This database has changed since the import of ${former.at}, in ${changed.join(', ')}: import into an empty one`,
      )
    const changedThere = differing(former.source, await digestsOfSource(source, key))
    if (changedThere.length > 0)
      throw new NotVacant(
        `This database holds the import of ${former.at}, and --from is another database or has changed since, in ${changedThere.join(', ')}: import into an empty one`,
      )
    return former.at
  }
  const full = await tx.query<{ what: string }>(FULL)
  if (full.length > 0)
    throw new NotVacant(
      `This database is not empty, it has ${full.map(({ what }) => what).join(', ')}: import into an empty one`,
    )
  // oxlint-disable-next-line no-await-in-loop -- one connection
  for (const statement of EMPTY) await tx.query(statement)
  return null
}

const REMEMBER = sql('insert into imports (source, target) values ($1, $2)')

export async function remember(tx: Queryable, source: Source, key: Buffer): Promise<void> {
  const digests = [await digestsOfSource(source, key), await digestsOfTarget(tx, key)]
  await tx.query(
    REMEMBER,
    digests.map((digest) => JSON.stringify(digest)),
  )
}
