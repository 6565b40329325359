import { gzipSync } from 'node:zlib'
import { z } from 'zod'

/**
 * A backup is lines of JSON, gzipped: the header; for each table its columns, its rows as arrays of the text that PostgreSQL
 * makes of each value, and their count and hash; the sequences; the end. Behind it, as a second member of the gzip file, the hash of
 * all bytes before: whatever was changed or is missing is noticed.
 */
export const FORMAT = 'astakos-server backup'
export const VERSION = 1

export const headerShape: z.ZodType<Header> = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  time: z.string(),
  postgresql: z.string(),
  schema: z.int().positive(),
  migrations: z.array(z.strictObject({ number: z.int().positive(), name: z.string() })),
})
export interface Header {
  readonly format: typeof FORMAT
  readonly version: typeof VERSION
  /** Of the snapshot, by the clock of the database. */
  readonly time: string
  readonly postgresql: string
  /** The newest of its migrations. */
  readonly schema: number
  readonly migrations: readonly { readonly number: number; readonly name: string }[]
}

export const tableShape: z.ZodType<TableStart> = z.strictObject({ table: z.string(), columns: z.array(z.string()) })
export interface TableStart {
  readonly table: string
  readonly columns: readonly string[]
}

export const sumsShape: z.ZodType<TableSums> = z.strictObject({ rows: z.int().nonnegative(), sha256: z.string() })
export interface TableSums {
  readonly rows: number
  /** Of the lines of the rows, each with its end. */
  readonly sha256: string
}

/** Of each sequence its last value, and whether that was given out. */
export const sequencesShape: z.ZodType<Sequences> = z.strictObject({
  sequences: z.record(z.string(), z.tuple([z.string(), z.boolean()])),
})
export interface Sequences {
  readonly sequences: Readonly<Record<string, readonly [string, boolean]>>
}

export const endShape: z.ZodType<End> = z.strictObject({ end: z.strictObject({ tables: z.int(), rows: z.int() }) })
export interface End {
  readonly end: { readonly tables: number; readonly rows: number }
}

/** The second member of the file: always of one length, and the same bytes on each machine. */
export function trailerOf(sha256: Buffer): Buffer {
  const trailer = gzipSync(`${JSON.stringify({ sha256: sha256.toString('hex') })}\n`, { level: 0 })
  // The kind of machine that wrote it.
  trailer[9] = 255
  return trailer
}

export const TRAILER_BYTES: number = trailerOf(Buffer.alloc(32)).length
