import { parseArgs } from 'node:util'
import type { Part } from './part.ts'
import { COMMISSIONS, PROJECTS } from './parts.ts'
import type { Violation } from './program.ts'
import { ServiceProcess } from './service-process.ts'
import { shrink } from './shrink.ts'
import type { Stage } from './stage.ts'

const USAGE = `npm run test:model -- [--seed S] [--programs N] [--program K] [--rounds R] [--database-url URL]

Plays random programs against the service and against a model of the specification: commission programs (the even
numbers) and programs of projects, memberships, commissions and accounts (the odd ones). Each kind goes first one by
one, then in rounds of 32 connections to two processes at once.

  --seed S            which programs (default: another one each time); the same seed brings the same programs
  --programs N        how many (default: 200)
  --program K         this one alone, and no rounds
  --rounds R          how many rounds of connections at once (default: one for each 100 programs, at least 2)
  --database-url URL  a PostgreSQL whose database will be emptied (default: an embedded one, for this run alone)`

const CROWD = { connections: 32, steps: 30 }

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    programs: { type: 'string', default: '200' },
    program: { type: 'string' },
    rounds: { type: 'string' },
    'database-url': { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})

interface Tally {
  steps: number
  violations: number
  readonly answers: Map<string, number>
}

if (values.help) console.log(USAGE)
else process.exitCode = await main()

async function main(): Promise<number> {
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : count('seed', values.seed)
  const programs = count('programs', values.programs)
  const only = values.program === undefined ? null : count('program', values.program)
  const rounds = only !== null ? 0 : roundsOf(programs)
  const numbers = only === null ? Array.from({ length: programs }, (_, number) => number) : [only]
  console.log(`seed ${seed}`)

  const tally: Tally = { steps: 0, violations: 0, answers: new Map() }
  const halves = [
    () => run(COMMISSIONS, seed, numbers.filter(isEven), Math.ceil(rounds / 2), tally),
    () =>
      run(
        PROJECTS,
        seed,
        numbers.filter((number) => !isEven(number)),
        Math.floor(rounds / 2),
        tally,
      ),
  ]
  for (const half of halves) await half()
  progress('')
  const answers = [...tally.answers].sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [name, times] of answers) console.log(`  ${name}: ${times}`)
  const { steps, violations } = tally
  console.log(`programs ${numbers.length}, rounds ${rounds}, steps ${steps}, violations ${violations}`)
  return violations === 0 && steps > 0 ? 0 : 1
}

async function run<P extends { readonly number: number; readonly steps: readonly unknown[] }>(
  part: Part<P>,
  seed: number,
  numbers: readonly number[],
  rounds: number,
  tally: Tally,
): Promise<void> {
  if (numbers.length === 0 && rounds === 0) return
  await using stage = await part.open(values['database-url'] ?? null)
  const sofar = (): string => `${tally.steps} steps, ${tally.violations} violations`
  for (const [index, number] of numbers.entries()) {
    const program = part.generate(seed, number)
    const played = await part.play(program, stage)
    tally.steps += played.steps
    for (const [name, times] of played.answers) add(tally, name, times)
    if (played.violation) {
      tally.violations += 1
      progress('')
      await report(part, seed, program, played.violation, stage)
    }
    progress(`program ${index + 1} of ${numbers.length}, ${sofar()}`)
  }
  if (rounds === 0) return
  const first = await ServiceProcess.start(stage.connection, part.settings)
  await using _first = first.process
  const second = await ServiceProcess.start(stage.connection, part.settings)
  await using _second = second.process
  for (let round = 0; round < rounds; round += 1) {
    progress(`round ${round + 1} of ${rounds}, ${sofar()}`)
    const { answers, problems } = await part.together(seed + round, CROWD, stage, [first, second])
    tally.steps += answers.length
    for (const name of answers) add(tally, `together: ${name}`, 1)
    if (problems.length === 0) continue
    tally.violations += 1
    progress('')
    console.log(`VIOLATION in round ${round} of seed ${seed}\n${problems.map((line) => `  ${line}`).join('\n')}`)
  }
}

async function report<P extends { readonly number: number; readonly steps: readonly unknown[] }>(
  part: Part<P>,
  seed: number,
  program: P,
  violation: Violation,
  stage: Stage,
): Promise<void> {
  const { number, steps } = program
  console.log(`VIOLATION in program ${number} of seed ${seed} at step ${violation.step + 1}`)
  console.log(violation.problems.map((line) => `  ${line}`).join('\n'))
  const failing = { ...program, steps: steps.slice(0, violation.step + 1) }
  const smallest = await shrink(failing, async (smaller) => (await part.play(smaller, stage)).violation !== null)
  const { violation: again } = await part.play(smallest, stage)
  console.log(` ${smallest.steps.length} steps of it fail as well:`)
  console.log(
    part
      .listing(smallest)
      .map((line) => `  ${line}`)
      .join('\n'),
  )
  console.log((again?.problems ?? ['only sometimes']).map((line) => `  ${line}`).join('\n'))
  console.log(` Again: npm run test:model -- --seed ${seed} --program ${number}`)
}

function add({ answers }: Tally, name: string, times: number): void {
  answers.set(name, (answers.get(name) ?? 0) + times)
}

function isEven(number: number): boolean {
  return number % 2 === 0
}

function roundsOf(programs: number): number {
  return values.rounds === undefined ? Math.max(2, Math.floor(programs / 100)) : count('rounds', values.rounds)
}

function count(option: string, text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new RangeError(`--${option} takes a whole number, not ${text}`)
  return Number(text)
}

/** On a terminal, one line that is written over; elsewhere none. */
function progress(line: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${line}`)
}
