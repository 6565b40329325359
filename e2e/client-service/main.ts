import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { transports } from '../../packages/client/test/support/transports.ts'
import { readScenario, scenarioFiles } from '../replay/transcripts.ts'
import { Recordings } from '../replay-server/recordings.ts'
import { SERVE_WORLD, WorldService } from '../replay-server/service.ts'
import { ClientReplay } from './replay.ts'
import { Report } from './report.ts'
import { Tap } from './tap.ts'

const USAGE = `npm run replay:client:service -- [DIR…] [--world FILE] [--database-url URL]

Plays recorded scenarios through the client against a service that it starts: every exchange that a method can produce
is produced by that method; the service has to answer, and the method to return or throw, as
recorded. What no method sends is sent as it was recorded.

  DIR                 folders that hold scenarios alone (default: fixtures/golden/scenarios)
  --world FILE        the state that the scenarios start from (default: fixtures/golden/world.json)
  --database-url URL  passed on to the service`

const root = fileURLToPath(new URL('../..', import.meta.url))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    world: { type: 'string', default: `${root}fixtures/golden/world.json` },
    'database-url': { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})

if (values.help) console.log(USAGE)
else process.exitCode = await main(positionals, values.world, values['database-url'])

async function main(folders: readonly string[], world: string, databaseUrl: string | undefined): Promise<number> {
  const report = new Report((line) => console.log(line))
  try {
    const scenarios = scenarioFiles(folders.length > 0 ? folders : [`${root}fixtures/golden/scenarios`]).map(
      readScenario,
    )
    const database = databaseUrl === undefined ? [] : ['--database-url', databaseUrl]
    await using service = new WorldService([...SERVE_WORLD, '--world', world, ...database], root)
    const scope = await service.start()
    await using tap = new Tap(scope.text('<origin>'))
    await tap.listen()
    const replay = new ClientReplay(service, new Recordings(world, scenarios), tap, transports)
    for (const scenario of scenarios) {
      report.scenario(scenario, await replay.play(scenario))
    }
  } catch (error) {
    report.broken('the replay', error)
  }

  report.summary()
  const { passed, failed, client } = report.total
  return failed === 0 && passed > 0 && client > 0 ? 0 : 1
}
