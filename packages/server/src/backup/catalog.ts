import type pg from 'pg'

export interface Column {
  readonly name: string
  readonly type: string
}

export interface Table {
  readonly name: string
  readonly columns: readonly Column[]
}

// The history of migrations is in the header.
const TABLES = `
  select c.relname as name,
         json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) order by a.attnum) as columns
    from pg_class as c
    join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
   where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> 'migrations'
     and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = c.oid and deptype = 'e')
   group by c.relname
   order by c.relname`

export async function tablesOf(client: pg.Client): Promise<Table[]> {
  return (await client.query<Table>(TABLES)).rows
}

const SEQUENCES = `
  select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'S' order by relname`

export async function sequencesOf(client: pg.Client): Promise<string[]> {
  return (await client.query<{ name: string }>(SEQUENCES)).rows.map(({ name }) => name)
}

/** A constraint on a table, and how it is made again. */
interface ForeignKey {
  readonly table: string
  readonly name: string
  readonly definition: string
}

const FOREIGN_KEYS = `
  select conrelid::regclass::text as table, conname as name, pg_get_constraintdef(oid) as definition
    from pg_constraint
   where contype = 'f' and connamespace = 'public'::regnamespace
   order by conrelid::regclass::text, conname`

export async function foreignKeysOf(client: pg.Client): Promise<ForeignKey[]> {
  return (await client.query<ForeignKey>(FOREIGN_KEYS)).rows
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
