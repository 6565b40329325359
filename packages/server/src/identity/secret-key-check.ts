import type { Database } from '../db/database.ts'
import { sql } from '../db/statement.ts'
import { opensWith, sealToken } from './tokens.ts'

const WORDS = 'the key of this database'

const STORE = sql('insert into secret_key_check (sealed) values ($1) on conflict do nothing')
const READ = sql('select sealed from secret_key_check')

/**
 * A database belongs to one key: with another one the tokens in it could not be opened any more, which would be noticed
 * only when somebody signs in.
 *
 * @throws {Error} with a sentence: it is another key.
 */
export async function checkSecretKey(database: Database, key: Buffer, file: string): Promise<void> {
  await database.query(STORE, [sealToken(key, WORDS, WORDS)])
  const [row] = await database.query<{ sealed: Buffer }>(READ)
  if (row && !opensWith(key, WORDS, row.sealed))
    throw new Error(`--secret-key-file: ${file} holds another key than the one that sealed the tokens in the database`)
}
