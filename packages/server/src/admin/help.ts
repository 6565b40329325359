import { styleText } from 'node:util'
import { describe } from './describe.ts'
import type { Operation } from './operation.ts'
import { AREAS } from './scopes.ts'

const bold = (text: string): string => (process.stdout.isTTY ? styleText('bold', text) : text)

/** All operations, by what they are about. */
export function helpOfAll(operations: readonly Operation[]): string {
  const width = Math.max(...operations.map(({ name }) => name.length)) + 2
  const areas = AREAS.map((area) => {
    const own = operations.filter(({ scope }) => scope.startsWith(`${area}:`))
    const lines = own.map(({ name, summary }) => `  ${bold(name)}${' '.repeat(width - name.length)}${summary}\n`)
    return own.length === 0 ? '' : `\n${area}\n${lines.join('')}`
  })
  return `Operations on the database of a service, which may be running.

Usage:
  astakos-server admin NAME '{json}' [OPTION…]
  astakos-server admin NAME - [OPTION…]           the JSON comes from standard input
  astakos-server admin NAME --help                what it takes

Options are those of astakos-server serve: --database-url or --data-dir, --secret-key-file, …
${areas.join('')}`
}

/** What one operation takes. */
export function helpOfOne(operation: Operation): string {
  const { name, scope, summary, fields } = describe(operation)
  const width = Math.max(0, ...fields.map((field) => field.name.length)) + 2
  const lines = fields.map(({ name: field, isRequired, isSecret, description }) => {
    const notes = [isRequired ? 'required' : '', isSecret ? 'from standard input only' : ''].filter(
      (note) => note !== '',
    )
    const note = notes.length > 0 ? ` (${notes.join('; ')})` : ''
    return `  ${bold(field)}${' '.repeat(width - field.length)}${description}${note}\n`
  })
  return `${summary}

Usage:
  astakos-server admin ${name} '{json}' [OPTION…]
  POST /admin/v1/${name}, with a token of scope ${scope}

${lines.length > 0 ? `Fields:\n${lines.join('')}` : 'It takes nothing.\n'}`
}
