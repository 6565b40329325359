import { createHmac } from 'node:crypto'
import { sql, type Queryable } from '../db/statement.ts'

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
const FORGET = sql('delete from sign_in_failures where subject = $1')
const TAKE_BACK = sql(`
  update sign_in_failures set failures = failures - 1 where subject = any($1::bytea[]) and failures > 1`)
const CLEAN = sql(`delete from sign_in_failures where since < now() - interval '${WITHIN_MINUTES} minutes'`)

export interface Attempt {
  /** It was no failure after all. */
  succeeded(): Promise<void>
  /** Nobody looked at it. */
  takeBack(): Promise<void>
}

/** @throws {TooManyAttempts} whether there is such an account or not. */
export async function countAttempt(on: Queryable, key: Buffer, account: string, source: string): Promise<Attempt> {
  const [byAccount, bySource] = [subjectOf(key, `account\0${account}`), subjectOf(key, `source\0${source}`)]
  const rows = await on.query<{ subject: Buffer; failures: number }>(COUNT, [[byAccount, bySource]])
  const failuresOf = (subject: Buffer): number => rows.find((row) => row.subject.equals(subject))?.failures ?? 0
  if (failuresOf(byAccount) > BY_ACCOUNT_MAX || failuresOf(bySource) > BY_SOURCE_MAX) throw new TooManyAttempts()
  return {
    async succeeded() {
      await on.query(FORGET, [byAccount])
      await on.query(TAKE_BACK, [[bySource]])
    },
    async takeBack() {
      await on.query(TAKE_BACK, [[byAccount, bySource]])
    },
  }
}

/** Keyed, so that the table is no list of addresses that can be guessed. */
function subjectOf(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(`attempts\0${text}`).digest()
}

export async function cleanUpAttempts(on: Queryable): Promise<void> {
  await on.query(CLEAN)
}
