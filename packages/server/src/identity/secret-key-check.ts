import type { Database } from '../db/database.ts'
import { sql } from '../db/statement.ts'
import { takeOverPepper } from './pepper.ts'
import { loadSecretKeys, readSecretKeys } from './secret-key.ts'
import { SecretKeys } from './secret-keys.ts'
import { opensWith, sealToken } from './tokens.ts'

export const WORDS = 'the key of this database'

const STORE = sql('insert into secret_key_check (sealed) values ($1) on conflict do nothing')
const READ = sql('select sealed from secret_key_check')

/** Where the keys are; null: nothing outlives this process. */
interface Place {
  readonly secretKeyFile: string | null
  readonly dataDir: string | null
}

/**
 * The keys of a database, made at its first start. A database belongs to its keys: with others the tokens in it could not be
 * opened any more, which would be noticed only when somebody signs in.
 *
 * @param mayMake false: a command beside the service makes none.
 * @throws {Error} with a sentence: they are others, or missing; nothing was made then.
 */
export async function secretKeysOf(
  database: Database,
  { secretKeyFile: file, dataDir }: Place,
  { mayMake = true }: { readonly mayMake?: boolean } = {},
): Promise<SecretKeys> {
  if (file === null) return SecretKeys.random()
  const hasKeys = (await database.query(READ)).length > 0
  const keys = hasKeys || !mayMake ? readSecretKeys(file, dataDir) : loadSecretKeys(file, dataDir)
  await checkSecretKeys(database, keys, file)
  await takeOverPepper(database, keys)
  return keys
}

/** Whether the keys of a file are those of a database; one that has none yet takes any. @throws when the file can't be read */
export async function fits(database: Database, file: string): Promise<boolean> {
  const keys = readSecretKeys(file)
  const [row] = await database.query<{ sealed: Buffer }>(READ)
  return !row || opensWith(keys, WORDS, row.sealed)
}

async function checkSecretKeys(database: Database, keys: SecretKeys, file: string): Promise<void> {
  await database.query(STORE, [sealToken(keys, WORDS, WORDS)])
  const [row] = await database.query<{ sealed: Buffer }>(READ)
  if (row && !opensWith(keys, WORDS, row.sealed))
    throw new Error(`--secret-key-file: ${file} holds another key than the one that sealed the tokens in the database`)
}
