import type { Database } from '../db/database.ts'
import { sql, type Queryable } from '../db/statement.ts'
import { Refused } from '../projects/refused.ts'
import { recordChanges } from './audit.ts'
import { readInput } from './input.ts'
import type { Changing, Done, Environment, Operation } from './operation.ts'
import { allows } from './scopes.ts'

/** Who calls an operation. */
export interface Caller {
  /** For the audit, such as `token:deploy` or `command:root`. */
  readonly actor: string
  /** Null: whoever has the database has everything. */
  readonly scopes: ReadonlySet<string> | null
}

/**
 * Does an operation: what it changes, its mails and its audit are in one transaction.
 *
 * @returns a document; quantities and ids are `bigint`.
 * @throws {Refused} in this order: the scope; the input, naming field and rule; what the operation says. Nothing was done.
 */
export async function perform(
  environment: Environment,
  { actor, scopes }: Caller,
  operation: Operation,
  document: unknown,
): Promise<unknown> {
  if (scopes !== null && !allows(scopes, operation.scope))
    throw new Refused('forbidden', `This token lacks the scope ${operation.scope}`)
  const input = readInput(operation.input, document) as never
  if (operation.kind === 'read')
    return snapshot(environment.database, (tx) => operation.run({ ...environment, tx }, input))
  const change = async (body: (call: Changing) => Promise<Done>): Promise<unknown> => {
    const { output } = await environment.outbox.transaction(async (tx) => {
      const done = await body({ ...environment, tx, actor, scopes })
      await recordChanges(tx, actor, operation.name, done.changes)
      return { output: done.output, mails: done.mails ?? [] }
    })
    return output
  }
  if (operation.kind === 'change') return change((call) => operation.run(call, input))
  return operation.run({ ...environment, change }, input)
}

const SNAPSHOT = sql('set transaction isolation level repeatable read, read only')

function snapshot<T>(database: Database, body: (tx: Queryable) => Promise<T>): Promise<T> {
  return database.transaction(async (tx) => {
    await tx.query(SNAPSHOT)
    return body(tx)
  })
}
