import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Replay } from './replay.ts'
import { Report } from './report.ts'
import { ReplayServer } from './server.ts'
import { readScenario, readWorld, scenarioFiles } from './transcripts.ts'

const USAGE = `npm run replay:client -- [DIR…] [--world FILE]

Plays recorded scenarios through the client: every exchange that one of its methods can produce is produced by that
method, against a server that answers as recorded, and must send what was recorded and return or throw as recorded.

  DIR           folders that hold scenarios alone (default: fixtures/golden/scenarios)
  --world FILE  the state that the scenarios start from (default: fixtures/golden/world.json)`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { world: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
})

if (values.help) console.log(USAGE)
else process.exitCode = await main(positionals, values.world)

async function main(folders: readonly string[], worldFile: string | undefined): Promise<number> {
  const golden = (path: string): string => fileURLToPath(new URL(`../../fixtures/golden/${path}`, import.meta.url))
  const world = readWorld(worldFile ?? golden('world.json'))
  const files = scenarioFiles(folders.length > 0 ? folders : [golden('scenarios')])
  const report = new Report((line) => console.log(line))

  await using server = new ReplayServer()
  await server.listen()
  const replay = new Replay(server, world)
  for (const file of files) {
    try {
      const scenario = readScenario(file)
      for await (const [step, verdict] of replay.play(scenario)) report.step(scenario, step, verdict)
      report.scenario(scenario)
    } catch (error) {
      report.broken(file, error)
    }
  }

  report.summary()
  const { scenarios, passed, failed } = report.total
  return failed === 0 && scenarios === files.length && passed > 0 ? 0 : 1
}
