import { z } from 'zod'
import { findUser, lockUser, type Account, type UserName } from '../../operations/find-user.ts'
import { replacePassword } from '../../operations/passwords.ts'
import { renewToken } from '../../operations/users.ts'
import { changes, type Changing, type Done, type Operation } from '../operation.ts'
import { changeOf, generatePassword, hashed, newExpiry, password, user } from './user-fields.ts'

/**
 * Tokens and passwords. With each of them the old token is worth nothing any more, and sessions, codes and access tokens of OAuth2
 * end. Source: administration specification, 1.2; identity specification, 1.2.
 */

async function done(tx: Changing['tx'], before: Account, secrets: object): Promise<Done> {
  const { now, ...change } = await changeOf(tx, before, ['token_created', 'token_expires'])
  const { id, uuid, email, token_expires } = now
  return { output: { id, uuid, email, ...secrets, token_expires }, changes: [change] }
}

const token = changes({
  name: 'user-renew-token',
  scope: 'users:write',
  summary: 'Gives a user a new token and shows it, this once; sessions and grants end with the old one.',
  input: z.strictObject({ user }),
  async run({ tx, secretKey, settings }, { user: name }) {
    const account = await lockUser(tx, name)
    return done(tx, account, { token: await renewToken(tx, secretKey, account.uuid, newExpiry(settings)) })
  },
})

async function replace(call: Changing, name: UserName, secret: string, shown: object): Promise<Done> {
  const { tx, secretKey, settings } = call
  // While it is being hashed nobody waits for the account.
  const stored = await hashed(secret, (await findUser(tx, name)).email)
  const account = await lockUser(tx, name)
  await replacePassword(tx, secretKey, account, { hashed: stored, tokenExpires: newExpiry(settings) })
  return done(tx, account, shown)
}

const set = changes({
  name: 'user-set-password',
  scope: 'users:write',
  summary: 'Sets the password; token, sessions and grants end with the old one.',
  input: z.strictObject({ user, password }),
  run: (call, { user: name, password: given }) => replace(call, name, given, {}),
})

const renew = changes({
  name: 'user-renew-password',
  scope: 'users:write',
  summary: 'Makes a new password and shows it, this once; token, sessions and grants end with the old one.',
  input: z.strictObject({ user }),
  run(call, { user: name }) {
    const secret = generatePassword()
    return replace(call, name, secret, { password: secret })
  },
})

export const userCredentialOperations: readonly Operation[] = [token, set, renew]
