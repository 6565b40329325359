import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DIAGRAMS_FILE, drawDiagrams } from '../scripts/diagrams.ts'
import { APPLICATION_MACHINE, APPLICATION_STATES } from '../src/projects/application-machine.ts'
import { decide, type Action, type Words } from '../src/projects/machine.ts'
import { MEMBERSHIP_MACHINE, MEMBERSHIP_STATES } from '../src/projects/membership-machine.ts'
import { PROJECT_MACHINE, PROJECT_STATES } from '../src/projects/project-machine.ts'

interface Facts {
  readonly machine: Readonly<Record<string, Action<Words>>>
  readonly states: readonly string[]
  readonly first: readonly string[]
  readonly roles: readonly string[]
  readonly rules: readonly string[]
}

const MACHINES: Readonly<Record<string, Facts>> = {
  projects: {
    machine: PROJECT_MACHINE,
    states: PROJECT_STATES,
    first: ['uninitialized'],
    roles: ['admin', 'owner'],
    rules: ['not a system project', 'name free'],
  },
  applications: {
    machine: APPLICATION_MACHINE,
    states: APPLICATION_STATES,
    first: ['pending'],
    roles: ['admin', 'applicant'],
    rules: [],
  },
  memberships: {
    machine: MEMBERSHIP_MACHINE,
    states: ['none', ...MEMBERSHIP_STATES],
    first: ['none'],
    roles: ['admin', 'owner', 'member'],
    rules: ['project alive', 'account active', 'join open', 'join auto', 'leave open', 'leave auto', 'room left'],
  },
}

function* subsets(words: readonly string[]): Generator<Set<string>> {
  for (let bits = 0; bits < 2 ** words.length; bits += 1) yield new Set(words.filter((_, at) => (bits >> at) & 1))
}

for (const [name, { machine, states, first, roles, rules }] of Object.entries(MACHINES)) {
  describe(`the table of ${name}`, () => {
    it('decides every case: whatever passes the checks has a move from its state', () => {
      let cases = 0
      for (const action of Object.values(machine)) {
        for (const state of states) {
          for (const held of subsets(roles)) {
            for (const true_ of subsets(rules)) {
              // Only a new project that was deleted has nothing that can be given up.
              if (action === machine['give up'] && state === 'deleted') continue
              const given = Object.fromEntries(rules.map((rule) => [rule, true_.has(rule)]))
              const { refusal, move } = decide(action, { state, roles: held, rules: given })
              expect(refusal === null ? move?.from.includes(state) : move === undefined).toBe(true)
              cases += 1
            }
          }
        }
      }
      expect(cases).toBeGreaterThan(100)
    })

    it('leads to every state', () => {
      const reached = new Set(first)
      for (let size = -1; size !== reached.size;) {
        size = reached.size
        for (const { moves } of Object.values(machine))
          for (const { from, to, through } of moves)
            if (from.some((state) => reached.has(state))) for (const state of [to, through ?? to]) reached.add(state)
      }
      expect([...reached].toSorted()).toEqual([...states].toSorted())
    })

    it('refuses nothing that nobody asks for: each refusal can be met', () => {
      for (const action of Object.values(machine)) {
        const met = new Set<string | null>()
        for (const state of states)
          for (const held of subsets(roles))
            for (const true_ of subsets(rules)) {
              if (action === machine['give up']) continue
              const given = Object.fromEntries(rules.map((rule) => [rule, true_.has(rule)]))
              met.add(decide(action, { state, roles: held, rules: given }).refusal)
            }
        for (const { refusal } of action.checks) expect(met).toContain(refusal)
      }
    })
  })
}

describe('the page of the state machines', () => {
  it('is drawn from the tables (`npm run diagrams` draws it anew)', () => {
    expect(readFileSync(DIAGRAMS_FILE, 'utf8')).toBe(drawDiagrams())
  })
})
