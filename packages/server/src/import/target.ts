import { isSqlError } from '../db/errors.ts'
import { sql, type Queryable, type Statement } from '../db/statement.ts'
import { BrokenRow, ruleOf } from './broken.ts'

export type Value = string | number | bigint | boolean | Buffer | null

/** Types of columns by name. Lists come as text, since an array of them would be taken for one list. */
export type Columns = Readonly<Record<string, ColumnType>>
type ColumnType = 'bigint' | 'text' | 'boolean' | 'timestamptz' | 'bytea' | 'jsonb' | 'bigint[]'

export type RowOf<C extends Columns> = { readonly [K in keyof C]: Value }

/** What takes rows, many in one statement: an array for each column. */
export interface Rows<C extends Columns> {
  readonly columns: C
  readonly statement: Statement
}

export function insertInto<const C extends Columns>(table: string, columns: C): Rows<C> {
  const names = Object.keys(columns)
  const arrays = Object.values(columns).map((type, index) => `$${index + 1}::${type === 'bigint[]' ? 'text' : type}[]`)
  const selected = Object.entries(columns).map(([name, type]) =>
    type === 'bigint[]' ? `v.${name}::bigint[]` : `v.${name}`,
  )
  const statement = sql(`
    insert into ${table} (${names.join(', ')})
    select ${selected.join(', ')} from unnest(${arrays.join(', ')}) with ordinality as v (${names.join(', ')}, place)
     order by v.place`)
  return { columns, statement }
}

/** A row that is to be written, and the row that it comes from. */
export interface Carried<C extends Columns> {
  readonly id: bigint | number
  readonly row: RowOf<C>
}

const SAVEPOINT = sql('savepoint rows_of_import')
const ROLL_BACK = sql('rollback to savepoint rows_of_import')
const RELEASE = sql('release savepoint rows_of_import')

/** The transaction that everything is written in. */
export class Target {
  readonly tx: Queryable

  constructor(tx: Queryable) {
    this.tx = tx
  }

  /** @param table where the rows come from. @throws {BrokenRow} the first one that is not taken, with its rule. */
  async write<C extends Columns>(table: string, into: Rows<C>, rows: readonly Carried<C>[]): Promise<void> {
    if (rows.length === 0) return
    checkTimes(table, into, rows)
    await this.tx.query(SAVEPOINT)
    try {
      await this.#send(into, rows)
    } catch (error) {
      if (!isRefusal(error)) throw error
      throw await this.#culprit(table, into, rows)
    }
    await this.tx.query(RELEASE)
  }

  #send<C extends Columns>({ columns, statement }: Rows<C>, rows: readonly Carried<C>[]): Promise<unknown[]> {
    return this.tx.query(
      statement,
      Object.keys(columns).map((name) => rows.map(({ row }) => row[name])),
    )
  }

  /** Halves what was refused until one row is left. What is written meanwhile is rolled back with everything. */
  async #culprit<C extends Columns>(table: string, into: Rows<C>, refused: readonly Carried<C>[]): Promise<Error> {
    const middle = Math.ceil(refused.length / 2)
    const half = refused.slice(0, middle)
    await this.tx.query(ROLL_BACK)
    try {
      await this.#send(into, half)
    } catch (error) {
      if (!isRefusal(error)) throw error
      const [first] = half
      if (half.length === 1 && first) return new BrokenRow(table, first.id, ruleOf(error))
      return this.#culprit(table, into, half)
    }
    await this.tx.query(SAVEPOINT)
    return this.#culprit(table, into, refused.slice(middle))
  }
}

/** A constraint or a value: classes 22 and 23. */
function isRefusal(error: unknown): error is Error & { readonly code: string } {
  return isSqlError(error) && /^2[23]/.test(error.code)
}

/** Also what PostgreSQL takes, but no document can show. */
function checkTimes<C extends Columns>(table: string, { columns }: Rows<C>, rows: readonly Carried<C>[]): void {
  const times = Object.keys(columns).filter((name) => columns[name] === 'timestamptz')
  for (const { id, row } of rows)
    for (const name of times) {
      const time = row[name]
      if (typeof time === 'string' && !/^\d{4}-[^B]+$/.test(time))
        throw new BrokenRow(table, id, `${name}: must be a date from the year 1 to 9999`)
    }
}
