import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { FLOWS } from './flows/index.ts'
import { play, type Played } from './play.ts'
import { lineOf, sumOf } from './report.ts'
import { takeScreenshots } from './screenshots.ts'
import { openStage } from './stage.ts'

const USAGE = `npm run test:browser -- [--flow TEXT] [--screenshots]

Plays what people do with the service's pages in a headless Chromium, and looks at every page with axe, in light and in
dark, and on a narrow phone.

  --flow TEXT    those flows alone whose names hold the text
  --screenshots  also takes the pictures of docs/screenshots anew`

const { values } = parseArgs({
  options: {
    flow: { type: 'string', default: '' },
    screenshots: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  },
})

if (values.help) console.log(USAGE)
else process.exitCode = await main(values.flow, values.screenshots)

async function main(text: string, wantsScreenshots: boolean): Promise<number> {
  const flows = FLOWS.filter(({ name }) => name.includes(text))
  await using stage = await openStage()
  console.log(`Chromium ${stage.chromium.version()}`)
  const played: Played[] = []
  for (const flow of flows) {
    const one = await play(stage, flow)
    played.push(one)
    console.log(lineOf(one))
  }
  if (wantsScreenshots) {
    const folder = fileURLToPath(new URL('../../docs/screenshots', import.meta.url))
    for (const path of await takeScreenshots(stage, folder)) console.log(`wrote ${path}`)
  }
  const { lines, isGood } = sumOf(played, flows.length === FLOWS.length)
  for (const line of lines) console.log(line)
  return isGood ? 0 : 1
}
