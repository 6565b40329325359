import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { readScenario, scenarioFiles, type Scenario } from '../replay/transcripts.ts'
import { DIFFERENCES } from './differences.ts'
import { Recordings } from './recordings.ts'
import { Replay } from './replay.ts'
import { Report } from './report.ts'
import { SERVE_WORLD, WorldService } from './service.ts'

const USAGE = `npm run replay:server -- [DIR…] [--world FILE] [--database-url URL]

Plays recorded scenarios against a service that it starts: every request has to be answered as recorded, or as one of
the deliberate differences says.

  DIR                 folders that hold scenarios alone (default: fixtures/golden/scenarios)
  --world FILE        the state that the scenarios start from (default: fixtures/golden/world.json)
  --database-url URL  passed on to the service`

const root = fileURLToPath(new URL('../..', import.meta.url))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    world: { type: 'string', default: fileURLToPath(new URL('../../fixtures/golden/world.json', import.meta.url)) },
    'database-url': { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})

if (values.help) console.log(USAGE)
else process.exitCode = await main(positionals, values.world, values['database-url'])

async function main(folders: readonly string[], world: string, databaseUrl: string | undefined): Promise<number> {
  const report = new Report((line) => console.log(line), DIFFERENCES)
  const scenarios = readAll(folders.length > 0 ? folders : [`${root}fixtures/golden/scenarios`], report)

  const database = databaseUrl === undefined ? [] : ['--database-url', databaseUrl]
  await using service = new WorldService([...SERVE_WORLD, '--world', world, ...database], root)
  const replay = new Replay(service, new Recordings(world, scenarios), DIFFERENCES)
  try {
    await service.start()
    for (const scenario of scenarios) await play(scenario, replay, report)
  } catch (error) {
    report.broken('the service', error)
  }

  report.summary()
  const { passed, failed } = report.total
  return failed === 0 && passed > 0 ? 0 : 1
}

/** @throws {Error} the service is gone: no later scenario can be played. */
async function play(scenario: Scenario, replay: Replay, report: Report): Promise<void> {
  report.scenario(scenario)
  const left = new Set(scenario.steps)
  try {
    for await (const [step, verdict] of replay.play(scenario)) {
      left.delete(step)
      report.step(scenario, step, verdict)
    }
  } finally {
    for (const step of left) report.step(scenario, step, { kind: 'failed', problems: ['not played'], by: null })
  }
}

function readAll(folders: readonly string[], report: Report): Scenario[] {
  return scenarioFiles(folders).flatMap((file) => {
    try {
      return [readScenario(file)]
    } catch (error) {
      report.broken(file, error)
      return []
    }
  })
}
