import { parseArgs } from 'node:util'
import { allMachines } from './machines.ts'
import { ALL_SITUATIONS } from './memberships.ts'
import { report } from './report.ts'
import { runMatrix } from './run.ts'
import { openStage } from './stage.ts'

const USAGE = `npm run test:matrix -- [--only NAME…] [--situation NAME…] [--database-url URL]

Tries every action as every actor in every state, for real, and compares with the tables of the specification: the
answer, the states that follow, what must stay as it is, and the invariants of quotas.

  --only NAME         these machines alone; may be repeated: ${allMachines()
    .map(({ name }) => name)
    .join(', ')}
  --situation NAME    memberships in these situations alone; may be repeated: ${ALL_SITUATIONS.map((name) => `"${name}"`).join(', ')}
  --database-url URL  a PostgreSQL whose database will be emptied (default: an embedded one, for this run alone)`

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    situation: { type: 'string', multiple: true },
    'database-url': { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})

if (values.help) console.log(USAGE)
else process.exitCode = await main()

async function main(): Promise<number> {
  const situations = values.situation ?? ALL_SITUATIONS
  const machines = allMachines(situations).filter(({ name }) => values.only?.includes(name) ?? true)
  const unknown = values.only?.find((name) => machines.every((machine) => machine.name !== name))
  if (unknown !== undefined) {
    console.error(`--only takes one of the names, not ${unknown}\n\n${USAGE}`)
    return 2
  }
  const { isTTY } = process.stdout
  await using stage = await openStage(values['database-url'] ?? null)
  const outcome = await runMatrix(stage, machines, (scenes, of) => {
    if (isTTY) process.stdout.write(`\r\u001b[Kproject ${scenes + 1} of ${of}`)
  })
  if (isTTY) process.stdout.write('\r\u001b[K')
  for (const line of report(outcome)) console.log(line)
  const cells = outcome.tallies.reduce((sum, tally) => sum + tally.cells, 0)
  return outcome.failures.length === 0 && outcome.broken.length === 0 && cells > 0 ? 0 : 1
}
