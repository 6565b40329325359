import { chmodSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { importOriginal } from '../../src/import/command.ts'
import { urlOf } from './original-database.ts'
import type { Connection } from './postgres.ts'

/** A folder for a key and for terms; whoever makes it removes it. */
export function importFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'astakos-import-'))
  // As root, PostgreSQL runs as somebody else.
  chmodSync(folder, 0o755)
  return folder
}

/** Where a database is and its key, as options of every command. */
export const optionsOf = (to: Connection, folder: string): string[] => [
  '--database-url',
  urlOf(to),
  '--secret-key-file',
  join(folder, 'key'),
]

/** The command as people give it. @returns what it prints. */
export async function runImport(
  from: Connection,
  to: Connection,
  folder: string,
  ...options: readonly string[]
): Promise<string> {
  let text = ''
  const out = { write: (piece: unknown): boolean => ((text += String(piece)), true) }
  await importOriginal(['--from', urlOf(from), ...optionsOf(to, folder), ...options], out, {})
  return text
}

/** A statement by hand. */
export async function ask<Row = Record<string, unknown>>(connection: Connection, text: string): Promise<Row[]> {
  const client = new pg.Client(connection)
  await client.connect()
  try {
    const result: unknown = await client.query(text)
    const last = (Array.isArray(result) ? result.at(-1) : result) as pg.QueryResult
    return last.rows as Row[]
  } finally {
    await client.end()
  }
}
