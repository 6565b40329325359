import { randomBytes } from 'node:crypto'
import type { Database } from '../db/database.ts'
import { sql, type Queryable } from '../db/statement.ts'
import { KEY_BYTES, type SecretKeys } from './secret-keys.ts'
import { openToken, sealToken } from './tokens.ts'

/**
 * What secrets of OAuth2 clients are hashed with. Nobody keeps these secrets, so that they can't be hashed anew when the
 * secret key is replaced: the pepper stays, and is sealed under the new key.
 */
export const PEPPER_OWNER = 'the pepper of client secrets'

const STORE = sql('insert into client_pepper (sealed) values ($1) on conflict do nothing')
const READ = sql('select sealed from client_pepper')
const HASHED_WITHOUT = sql(`
  select 1 from oauth2_clients where secret_hash is not null and not exists (select from client_pepper) limit 1`)

export function openPepper(keys: SecretKeys, sealed: Buffer): Buffer {
  return Buffer.from(openToken(keys, PEPPER_OWNER, sealed), 'hex')
}

/** Made where there is none yet: of many that do at once, one does it. */
export async function pepperOf(tx: Queryable, keys: SecretKeys): Promise<Buffer> {
  return (await read(tx, keys)) ?? store(tx, keys, randomBytes(KEY_BYTES))
}

/** Hashes without a pepper are of the time when the secret key itself was it: at the start, before that is replaced. */
export async function takeOverPepper(database: Database, keys: SecretKeys): Promise<void> {
  const [first] = await database.query(HASHED_WITHOUT)
  if (first) await database.transaction((tx) => store(tx, keys, keys.first))
}

async function store(tx: Queryable, keys: SecretKeys, pepper: Buffer): Promise<Buffer> {
  await tx.query(STORE, [sealToken(keys, PEPPER_OWNER, pepper.toString('hex'))])
  return (await read(tx, keys)) as Buffer
}

async function read(on: Queryable, keys: SecretKeys): Promise<Buffer | null> {
  const [row] = await on.query<{ sealed: Buffer }>(READ)
  return row ? openPepper(keys, row.sealed) : null
}
