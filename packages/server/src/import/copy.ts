import type { SecretKeys } from '../identity/secret-keys.ts'
import { BrokenRow } from './broken.ts'
import type { Notes } from './notes.ts'
import type { Source } from './source.ts'
import type { Columns, RowOf, Rows, Target } from './target.ts'

/** What every part of an import works with. */
export interface Import {
  readonly source: Source
  readonly target: Target
  readonly notes: Notes
  readonly secretKey: SecretKeys
  /** Of hashes that have to outlive the secret key. */
  readonly pepper: Buffer
  /** Where the texts of terms lie; null: nobody has them. */
  readonly termsDir: string | null
}

export interface SourceRow {
  readonly id: number | bigint
}

interface Copy<S extends SourceRow, C extends Columns> {
  /** For the report. */
  readonly what: string
  /** The table that a broken row is named by. */
  readonly from: string
  /** In the order of ids; `id` is what a broken row is named by. */
  readonly select: string
  readonly into: Rows<C>
  /** Null: it is left out. @throws {RangeError} the rule that it breaks. */
  readonly row: (this: void, row: S) => RowOf<C> | null
}

/** A table, a page after the other. @throws {BrokenRow} */
export async function copy<S extends SourceRow, const C extends Columns>(
  { source, target, notes }: Pick<Import, 'source' | 'target' | 'notes'>,
  { what, from, select, into, row }: Copy<S, C>,
): Promise<void> {
  let count = 0
  for await (const page of source.pages<S>(select)) {
    const rows = page.flatMap((read) => {
      const written = named(from, read.id, () => row(read))
      return written === null ? [] : [{ id: read.id, row: written }]
    })
    await target.write(from, into, rows)
    count += rows.length
    notes.progress(what, count)
  }
  notes.carry(what, count)
}

/** A rule that is broken gets the name of its row. */
function named<T>(table: string, id: number | bigint, body: () => T): T {
  try {
    return body()
  } catch (error) {
    throw error instanceof RangeError ? new BrokenRow(table, id, error.message) : error
  }
}

/** What no constraint of ours sees: rows that a statement finds. @param select the `id` of rows that break it. @throws {BrokenRow} */
export async function refuseAny(
  { source }: Pick<Import, 'source'>,
  table: string,
  select: string,
  rule: string,
): Promise<void> {
  const [broken] = await source.all<SourceRow>(`${select} order by 1 limit 1`)
  if (broken) throw new BrokenRow(table, broken.id, rule)
}
