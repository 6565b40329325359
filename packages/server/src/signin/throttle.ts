import { createHmac } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { sql, type Queryable } from '../db/statement.ts'
import type { SecretKeys } from '../identity/secret-keys.ts'

/** How many attempts may fail within the time, by the account that is named and by where they come from. */
const WITHIN_MINUTES = 15
const BY_ACCOUNT_MAX = 10
const BY_SOURCE_MAX = 100

export class TooManyAttempts extends Error {
  readonly retryAfterSeconds: number = WITHIN_MINUTES * 60
  constructor() {
    super('Too many attempts failed. Try again in a quarter of an hour.')
    this.name = 'TooManyAttempts'
  }
}

/** Counted before the password is looked at, so that a thousand at once are no way around it. */
const COUNT = sql(`
  insert into sign_in_failures (subject, failures, since)
  select subject, 1, now() from unnest($1::bytea[]) as s (subject) order by subject
      on conflict (subject) do update
     set failures = case when sign_in_failures.since < now() - interval '${WITHIN_MINUTES} minutes' then 1
                         else sign_in_failures.failures + 1 end,
         since = case when sign_in_failures.since < now() - interval '${WITHIN_MINUTES} minutes' then now()
                      else sign_in_failures.since end
  returning subject, failures`)
const FORGET = sql('delete from sign_in_failures where subject = any($1::bytea[])')
const TAKE_BACK = sql(`
  update sign_in_failures set failures = failures - 1 where subject = any($1::bytea[]) and failures > 1`)
const CLEAN = sql(`delete from sign_in_failures where since < now() - interval '${WITHIN_MINUTES} minutes'`)

export interface Attempt {
  /** It was no failure after all. */
  succeeded(): Promise<void>
  /** Nobody looked at it. */
  takeBack(): Promise<void>
}

export interface Attempted {
  /** What is tried; each is counted on its own. */
  readonly what: 'sign-in' | 'reset' | 'sign-up'
  /** In one spelling. */
  readonly account: string
  readonly address: string
}

/** @throws {TooManyAttempts} whether there is such an account or not. */
export async function countAttempt(
  on: Queryable,
  keys: SecretKeys,
  { what, account, address }: Attempted,
): Promise<Attempt> {
  const byAccount = subjectsOf(keys, `${what}\0account\0${account}`)
  const bySource = subjectsOf(keys, `${what}\0source\0${placeOf(address)}`)
  const rows = await on.query<{ subject: Buffer; failures: number }>(COUNT, [[...byAccount, ...bySource]])
  const failuresOf = (subjects: readonly Buffer[]): number =>
    Math.max(...rows.filter((row) => subjects.some((one) => row.subject.equals(one))).map(({ failures }) => failures))
  if (failuresOf(byAccount) > BY_ACCOUNT_MAX || failuresOf(bySource) > BY_SOURCE_MAX) throw new TooManyAttempts()
  return {
    async succeeded() {
      await on.query(FORGET, [byAccount])
      await on.query(TAKE_BACK, [bySource])
    },
    async takeBack() {
      await on.query(TAKE_BACK, [[...byAccount, ...bySource]])
    },
  }
}

/** Who has an address of IPv6 has the 2^64 of its network, too, so they count as one place. */
function placeOf(address: string): string {
  // How a listener for both families writes the older one.
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (!isIPv6(plain)) return plain
  const [before = [], after = []] = plain.split('::').map((half) => half.split(':').filter((group) => group !== ''))
  const zeros = plain.includes('::') ? Math.max(0, 8 - before.length - after.length) : 0
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after].slice(0, 4)
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')
}

/**
 * Keyed, so that the table is no list of addresses that can be guessed; counted under each key, so that processes which
 * do not have the same ones yet, or any more, count together.
 */
function subjectsOf(keys: SecretKeys, text: string): Buffer[] {
  return keys.all.map((key) => createHmac('sha256', key).update(`attempts\0${text}`).digest())
}

export async function cleanUpAttempts(on: Queryable): Promise<void> {
  await on.query(CLEAN)
}
