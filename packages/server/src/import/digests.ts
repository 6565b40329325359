import { createHmac } from 'node:crypto'
import { sql, type Queryable } from '../db/statement.ts'
import type { Source } from './source.ts'

/** A hash for each table. */
export type Digests = Readonly<Record<string, string>>

/** What is read of the original. */
const SOURCE_TABLES = [
  'auth_user',
  'auth_group',
  'auth_user_groups',
  'im_astakosuser',
  'im_astakosuserauthprovider',
  'im_component',
  'im_service',
  'im_endpoint',
  'im_endpointdata',
  'im_resource',
  'im_project',
  'im_projectapplication',
  'im_projectresourcegrant',
  'im_projectresourcequota',
  'im_projectmembership',
  'im_projectmembershiplog',
  'im_projectlog',
  'im_approvalterms',
  'oa2_client',
  'oa2_redirecturl',
  'quotaholder_app_holding',
  'quotaholder_app_commission',
  'quotaholder_app_provision',
  'quotaholder_app_provisionlog',
]

/** What is written. The service's own base URL follows `serve`, so it does not count. */
const TARGET_TABLES: Readonly<Record<string, string>> = {
  users: '',
  groups: '',
  user_groups: '',
  sign_in_methods: '',
  components: "where name <> 'astakos'",
  services: '',
  endpoints:
    "where service_id not in (select s.id from services as s join components as c on c.id = s.component_id where c.name = 'astakos')",
  resources: '',
  projects: '',
  project_resources: '',
  applications: '',
  application_resources: '',
  memberships: '',
  membership_log: '',
  project_log: '',
  holdings: '',
  commissions: '',
  resolutions: '',
  imported_provisions: '',
  oauth2_clients: '',
  oauth2_redirect_urls: '',
  terms: '',
}

/** Whatever the order of the rows, and in the same memory for any number of them. */
const digestOf = (table: string, where = ''): string => `
  select count(*)::text as rows,
         coalesce(sum(('x' || substr(md5(cast(t.* as text)), 1, 16))::bit(64)::bigint::numeric), 0)::text as sum
    from (select * from ${table} ${where}) as t`

interface Row {
  readonly rows: string
  readonly sum: string
}

export async function digestsOfSource(source: Source, key: Buffer): Promise<Digests> {
  const digests: Record<string, string> = {}
  for (const table of SOURCE_TABLES) {
    // oxlint-disable-next-line no-await-in-loop -- one connection
    const [row] = await source.all<Row>(digestOf(table))
    digests[table] = sealed(key, row)
  }
  return digests
}

export async function digestsOfTarget(tx: Queryable, key: Buffer): Promise<Digests> {
  const digests: Record<string, string> = {}
  for (const [table, where] of Object.entries(TARGET_TABLES)) {
    // oxlint-disable-next-line no-await-in-loop -- one connection
    const [row] = await tx.query<Row>(sql(digestOf(table, where)))
    digests[table] = sealed(key, row)
  }
  return digests
}

/** A table may have one row with a secret that could be guessed from a plain hash. */
function sealed(key: Buffer, row: Row | undefined): string {
  return createHmac('sha256', key).update(`import\0${row?.rows}\0${row?.sum}`).digest('hex')
}

/** The tables that are not the same any more. */
export function differing(before: Digests, now: Digests): string[] {
  return Object.keys(now).filter((table) => before[table] !== now[table])
}
