import { parseArgs } from 'node:util'
import { playTogether } from './concurrent.ts'
import { generate } from './generate.ts'
import { listing, play, type Violation } from './program.ts'
import { ServiceProcess } from './service-process.ts'
import { shrink } from './shrink.ts'
import { openStage, type Stage } from './stage.ts'
import type { Program } from './steps.ts'

const USAGE = `npm run test:model -- [--seed S] [--programs N] [--program K] [--rounds R] [--database-url URL]

Plays random commission programs against the service and against a model of the specification: first one by one, then
in rounds of 32 connections to two processes at once.

  --seed S            which programs (default: another one each time); the same seed brings the same programs
  --programs N        how many (default: 200)
  --program K         this one alone, and no rounds
  --rounds R          how many rounds of connections at once (default: one for each 100 programs, at least 1)
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

if (values.help) console.log(USAGE)
else process.exitCode = await main()

async function main(): Promise<number> {
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : count('seed', values.seed)
  const programs = count('programs', values.programs)
  const only = values.program === undefined ? null : count('program', values.program)
  const rounds =
    only !== null
      ? 0
      : values.rounds === undefined
        ? Math.max(1, Math.floor(programs / 100))
        : count('rounds', values.rounds)
  const numbers = only === null ? Array.from({ length: programs }, (_, number) => number) : [only]
  console.log(`seed ${seed}`)
  await using stage = await openStage(values['database-url'] ?? null)

  let steps = 0
  let violations = 0
  const answers = new Map<string, number>()
  for (const [index, number] of numbers.entries()) {
    const program = generate(seed, number)
    const played = await play(program, stage)
    steps += played.steps
    for (const [name, times] of played.answers) answers.set(name, (answers.get(name) ?? 0) + times)
    if (played.violation) {
      violations += 1
      progress('')
      await reportProgram(seed, program, played.violation, stage)
    }
    progress(`program ${index + 1} of ${numbers.length}, ${steps} steps, ${violations} violations`)
  }
  if (rounds > 0) {
    const first = await ServiceProcess.start(stage.connection)
    await using _first = first.process
    const second = await ServiceProcess.start(stage.connection)
    await using _second = second.process
    for (let round = 0; round < rounds; round += 1) {
      progress(`round ${round + 1} of ${rounds}, ${steps} steps, ${violations} violations`)
      const { calls, problems } = await playTogether(seed + round, CROWD, stage, [first, second])
      steps += calls.length
      for (const { request, answer } of calls) {
        const name = `together: ${request.kind} ${answer.status}${answer.replayed ? ' replayed' : ''}`
        answers.set(name, (answers.get(name) ?? 0) + 1)
      }
      if (problems.length === 0) continue
      violations += 1
      progress('')
      console.log(`VIOLATION in round ${round} of seed ${seed}\n${problems.map((line) => `  ${line}`).join('\n')}`)
    }
  }
  progress('')
  for (const [name, times] of [...answers].sort(([a], [b]) => (a < b ? -1 : 1))) console.log(`  ${name}: ${times}`)
  console.log(`programs ${numbers.length}, rounds ${rounds}, steps ${steps}, violations ${violations}`)
  return violations === 0 && steps > 0 ? 0 : 1
}

async function reportProgram(seed: number, program: Program, violation: Violation, stage: Stage): Promise<void> {
  const { number, through, burst, steps } = program
  console.log(
    `VIOLATION in program ${number} of seed ${seed} (${through}, burst ${burst}) at step ${violation.step + 1}`,
  )
  console.log(violation.problems.map((line) => `  ${line}`).join('\n'))
  const failing = { ...program, steps: steps.slice(0, violation.step + 1) }
  const smallest = await shrink(failing, async (smaller) => (await play(smaller, stage)).violation !== null)
  const { violation: again } = await play(smallest, stage)
  console.log(` ${smallest.steps.length} steps of it fail as well:`)
  console.log(
    listing(smallest)
      .map((line) => `  ${line}`)
      .join('\n'),
  )
  console.log((again?.problems ?? ['only sometimes']).map((line) => `  ${line}`).join('\n'))
  console.log(` Again: npm run test:model -- --seed ${seed} --program ${number}`)
}

function count(option: string, text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new RangeError(`--${option} takes a whole number, not ${text}`)
  return Number(text)
}

/** On a terminal, one line that is written over; elsewhere none. */
function progress(line: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${line}`)
}
