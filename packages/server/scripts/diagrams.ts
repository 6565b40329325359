/** `npm run diagrams` draws the state machines of projects, applications and memberships into `docs/state-machines.md`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { APPLICATION_MACHINE } from '../src/projects/application-machine.ts'
import type { Action, Check, Move, Words } from '../src/projects/machine.ts'
import { MEMBERSHIP_MACHINE } from '../src/projects/membership-machine.ts'
import { PROJECT_MACHINE } from '../src/projects/project-machine.ts'

export const DIAGRAMS_FILE: string = fileURLToPath(new URL('../../../docs/state-machines.md', import.meta.url))

const HEAD = `# State machines

Projects, applications and memberships change by tables: \`project-machine.ts\`, \`application-machine.ts\` and
\`membership-machine.ts\` in \`packages/server/src/projects\`. The service decides by them, and this page is drawn from them
(\`npm run diagrams\`; a test fails when it is out of date). What the original's specification says, typed by hand, is what
\`npm run test:matrix\` compares the service with.

Checks are made in the order in which they stand, and the first that fails decides. Arrows are drawn where the state changes.
`

type Machine<W extends Words> = Readonly<Record<string, Action<W>>>

/** @param first how the state before the first one is called. */
interface Section<W extends Words> {
  readonly title: string
  readonly text: string
  readonly machine: Machine<W>
  /** Arrows that stand in no table: how it begins. */
  readonly begin: readonly string[]
}

const PROJECTS: Section<Words> = {
  title: 'Projects',
  text: '`activate` follows when an application is approved, `give up` when one is cancelled or dismissed. A name is reserved while the project is active or suspended. A system project begins as active.',
  machine: PROJECT_MACHINE,
  begin: ['[*] --> uninitialized: create'],
}
const APPLICATIONS: Section<Words> = {
  title: 'Applications',
  text: '`replace` follows when another application for the same project is submitted.',
  machine: APPLICATION_MACHINE,
  begin: ['[*] --> pending: submit'],
}
const MEMBERSHIPS: Section<Words> = {
  title: 'Memberships',
  text: 'There is one membership for a user and a project, for ever. `suspend` and `unsuspend` follow from what happens to the account. `none`: there never was one.',
  machine: MEMBERSHIP_MACHINE,
  begin: [],
}

export function drawDiagrams(): string {
  return [HEAD, ...[PROJECTS, APPLICATIONS, MEMBERSHIPS].map(drawn)].join('\n')
}

function drawn({ title, text, machine, begin }: Section<Words>): string {
  return `## ${title}

${text}

\`\`\`mermaid
stateDiagram-v2
${[...begin, ...arrows(machine)].map((line) => `  ${line}`).join('\n')}
\`\`\`

${list(machine)}
`
}

function arrows(machine: Machine<Words>): string[] {
  return Object.entries(machine).flatMap(([name, { moves }]) =>
    moves.flatMap(({ from, to, when = [], through }) =>
      // What stays as it is would only be in the way.
      from.flatMap((state) => {
        if (state === to) return []
        const path = through === undefined ? '' : `, through ${through}`
        return [`${state} --> ${to}: ${name}${when.length === 0 ? '' : ` [${when.join(', ')}]`}${path}`]
      }),
    ),
  )
}

function list(machine: Machine<Words>): string {
  return Object.entries(machine)
    .map(([name, { checks, moves }]) => {
      const asked = checks.map((check, index) => `${index + 1}. ${said(check)}`)
      return [`### ${name}`, '', ...asked, ...(asked.length > 0 ? [''] : []), ...moves.map(done)].join('\n')
    })
    .join('\n\n')
}

function done({ from, to, when = [], effects }: Move<Words>): string {
  const condition = when.length === 0 ? '' : ` if ${when.join(', ')}`
  return `- ${from.join(', ')} → **${to}**${condition}${effects.length === 0 ? '' : `: ${effects.join(', ')}`}`
}

function said(check: Check<Words>): string {
  const asked = 'states' in check ? check.states.join(', ') : 'roles' in check ? check.roles.join(' or ') : check.rule
  return `${asked}; else _${check.refusal}_`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = drawDiagrams()
  const before = (() => {
    try {
      return readFileSync(DIAGRAMS_FILE, 'utf8')
    } catch {
      return ''
    }
  })()
  if (text !== before) writeFileSync(DIAGRAMS_FILE, text)
}
