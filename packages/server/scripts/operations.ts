/** `npm run operations` lists what operators can do in `docs/operations.md`, from what the command and the admin API are made of. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, type Description } from '../src/admin/describe.ts'
import { operations } from '../src/admin/operations/index.ts'
import { AREAS, type Area } from '../src/admin/scopes.ts'

export const OPERATIONS_FILE: string = fileURLToPath(new URL('../../../docs/operations.md', import.meta.url))

const HEAD = `# Operations

What operators do, by \`astakos-server admin NAME '{json}'\` on the database or by \`POST /admin/v1/NAME\` where \`--admin-api\` is on.
This page is written from the operations themselves (\`npm run operations\`; a test fails when it is out of date). How to begin, what
tokens and the audit are, and what a refusal looks like: [operating the service](operating.md).

Quantities are integers or texts such as \`"10GiB"\` and \`"inf"\`. Lists come in pages: what \`next\` says is the \`after\` of the next
one. Fields in **bold** are required; those marked † are secrets, which the command takes from standard input alone.
`

const TITLES: Readonly<Record<Area, string>> = {
  users: 'Users and groups',
  components: 'Components and services',
  resources: 'Resources',
  quotas: 'Quotas',
  commissions: 'Commissions',
  projects: 'Projects',
  oauth2: 'OAuth2 clients',
  terms: 'Terms of use',
  tokens: 'Tokens of the admin API',
  audit: 'Audit',
}

export function writeOperations(): string {
  const all = [...operations.values()].map(describe)
  const sections = AREAS.map((area) => {
    const own = all.filter(({ scope }) => scope.startsWith(`${area}:`))
    return own.length === 0 ? '' : `\n## ${TITLES[area]}\n\n${own.map(section).join('\n')}`
  })
  return `${HEAD}${sections.join('')}`
}

function section({ name, scope, summary, fields }: Description): string {
  const lines = fields.map(({ name: field, isRequired, isSecret, description }) => {
    const shown = isRequired ? `**\`${field}\`**` : `\`${field}\``
    return `- ${shown}${isSecret ? ' †' : ''}: ${description}\n`
  })
  return `### \`${name}\`\n\n${summary} Scope \`${scope}\`.\n${lines.length > 0 ? `\n${lines.join('')}` : ''}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(OPERATIONS_FILE, writeOperations())
