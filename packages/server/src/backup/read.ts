import { createHash } from 'node:crypto'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { z } from 'zod'
import {
  endShape,
  headerShape,
  sequencesShape,
  sumsShape,
  tableShape,
  TRAILER_BYTES,
  trailerOf,
  type Header,
  type Sequences,
  type TableStart,
} from './format.ts'

/** The file is not what was written. */
export class Damaged extends Error {
  constructor(what: string, cause?: unknown) {
    super(`The backup is damaged or cut off: ${what}. Nothing was restored.`, { cause })
    this.name = 'Damaged'
  }
}

export type Part =
  | { readonly kind: 'header'; readonly header: Header }
  | { readonly kind: 'table'; readonly table: TableStart }
  /** Of the last table: each a JSON array of texts and nulls. */
  | { readonly kind: 'rows'; readonly lines: readonly string[] }
  | { readonly kind: 'table end'; readonly rows: number }
  | { readonly kind: 'sequences'; readonly sequences: Sequences['sequences'] }

/**
 * The parts of a backup as they come, in constant memory. They may be trusted once the last one was followed by the end: what is
 * wrong with the file may be noticed only there.
 *
 * @throws {Damaged}
 */
export async function* readBackup(source: AsyncIterable<Buffer>): AsyncGenerator<Part> {
  const lines = linesOf(source)
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next()
    if (done) throw new Damaged('it has no end')
    return value
  }
  try {
    yield { kind: 'header', header: parse(headerShape, await next(), 'it has no header that this release knows') }
    const total = { tables: 0, rows: 0 }
    let line = await next()
    for (; line.startsWith('{"table"'); line = await next()) {
      const table = parse(tableShape, line, 'the start of a table can not be read')
      yield { kind: 'table', table }
      total.tables += 1
      total.rows += yield* rowsOf(next, table.table)
    }
    yield { kind: 'sequences', ...parse(sequencesShape, line, 'its sequences can not be read') }
    const { end } = parse(endShape, await next(), 'its end can not be read')
    if (end.tables !== total.tables || end.rows !== total.rows) throw new Damaged('its counts do not match')
    if (!(await lines.next()).done) throw new Damaged('something stands behind its end')
  } finally {
    await lines.return(undefined)
  }
}

/** @returns how many there were */
async function* rowsOf(next: () => Promise<string>, table: string): AsyncGenerator<Part, number> {
  const hash = createHash('sha256')
  let [count, size, lines]: [number, number, string[]] = [0, 0, []]
  let line = await next()
  for (; line.startsWith('['); line = await next()) {
    hash.update(`${line}\n`)
    count += 1
    size += line.length
    lines.push(line)
    if (lines.length < ROWS_MAX && size < SIZE_MAX) continue
    yield { kind: 'rows', lines }
    ;[size, lines] = [0, []]
  }
  if (lines.length > 0) yield { kind: 'rows', lines }
  const sums = parse(sumsShape, line, `the end of table ${table} can not be read`)
  if (sums.rows !== count || sums.sha256 !== hash.digest('hex')) throw new Damaged(`table ${table} is another one`)
  yield { kind: 'table end', rows: count }
  return count
}

/** In one statement. */
const ROWS_MAX = 1000
const SIZE_MAX = 4 * 1024 * 1024

function parse<T>(shape: z.ZodType<T>, line: string, what: string): T {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    throw new Damaged(what, error)
  }
  const { success, data } = shape.safeParse(value)
  if (!success) throw new Damaged(what)
  return data
}

async function* linesOf(source: AsyncIterable<Buffer>): AsyncGenerator<string, undefined> {
  const gunzip = createGunzip()
  // Its errors, and those of the source, come out where it is read.
  pipeline(Readable.from(withoutTrailer(source)), gunzip, () => undefined)
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let rest = ''
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
    decoder.decode()
  } catch (error) {
    throw isOfFile(error) ? new Damaged((error as Error).message, error) : error
  }
  if (rest !== '') throw new Damaged('its last line has no end')
  return undefined
}

/** Of zlib and of the decoder of text. */
function isOfFile(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code !== undefined && /^(?:Z_|ERR_ENCODING)/.test(code)
}

/** All but the last bytes, which tell what the others have to be. */
async function* withoutTrailer(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  let held: Buffer = Buffer.alloc(0)
  for await (const chunk of source) {
    const all = Buffer.concat([held, chunk])
    const cut = Math.max(0, all.length - TRAILER_BYTES)
    held = all.subarray(cut)
    if (cut === 0) continue
    const whole = all.subarray(0, cut)
    hash.update(whole)
    yield whole
  }
  if (!held.equals(trailerOf(hash.digest()))) throw new Damaged('its checksum does not match')
}
