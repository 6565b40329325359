import { userInfo } from 'node:os'
import type { Readable } from 'node:stream'
import { text as readAll } from 'node:stream/consumers'
import { parseExact, stringifyExact } from 'astakosclient/wire'
import { ConfigError, readConfig } from '../config.ts'
import { openDatabase } from '../open-database.ts'
import { Refused } from '../projects/refused.ts'
import { describe } from './describe.ts'
import { helpOfAll, helpOfOne } from './help.ts'
import type { Operation } from './operation.ts'
import { operations } from './operations/index.ts'
import { perform } from './perform.ts'

/** Where the command reads and writes. */
export interface Streams {
  readonly input: NodeJS.ReadableStream
  readonly output: Pick<NodeJS.WritableStream, 'write'>
}

/** `astakos-server admin NAME ['{json}' | -] [OPTION…]`: an operation, directly on the database. @returns the exit code */
export async function admin(
  args: readonly string[],
  { input, output: out }: Streams = { input: process.stdin, output: process.stdout },
): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === '-h') {
    out.write(helpOfAll([...operations.values()]))
    return name === undefined ? 2 : 0
  }
  const operation = operations.get(name)
  if (!operation) throw new ConfigError(name, 'is no operation: see astakos-server admin --help')
  if (rest.includes('--help') || rest.includes('-h')) {
    out.write(helpOfOne(operation))
    return 0
  }
  const [first] = rest
  const hasInput = first !== undefined && (first === '-' || !first.startsWith('-'))
  const document = await documentOf(operation, hasInput ? first : '{}', input)
  const config = readConfig(hasInput ? rest.slice(1) : rest)
  await using opened = await openDatabase(config)
  const output = await perform(opened, { actor: `command:${userInfo().username}`, scopes: null }, operation, document)
  out.write(`${stringifyExact(output ?? {}, 2)}\n`)
  return 0
}

/** @throws {Refused} it is no JSON, or holds what everybody on this machine could read. */
async function documentOf(operation: Operation, argument: string, input: NodeJS.ReadableStream): Promise<unknown> {
  let document: unknown
  try {
    document = parseExact(argument === '-' ? await readAll(input as Readable) : argument)
  } catch (error) {
    // It quotes nothing of the text.
    throw new Refused('malformed', `input: ${(error as Error).message}`)
  }
  const secret = describe(operation).fields.find(
    ({ name, isSecret }) => isSecret && typeof document === 'object' && document !== null && name in document,
  )
  if (argument !== '-' && secret)
    throw new Refused(
      'malformed',
      `${secret.name}: is not taken from the command line, which others can read: give - and write the JSON to standard input`,
    )
  return document
}
