import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { campaign } from './campaign.ts'
import { report } from './report.ts'
import { startTarget } from './target.ts'

const USAGE = `npm run test:input -- [--cases N] [--seed S] [--case K]

Sends a service requests that are wrong in many ways: none may be answered by 5xx, leave the connection open or change
anything that it should not.

  --cases N  how many (default: 20000)
  --seed S   another seed, another campaign (default: a new one each time)
  --case K   that one alone, as it was`

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '20000' },
    seed: { type: 'string' },
    case: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})

if (values.help) console.log(USAGE)
else process.exitCode = await main(whole(values.cases), whole(values.seed ?? String(Date.now() % 2 ** 31)), values.case)

function whole(text: string): number {
  if (!/^\d{1,9}\d?$/.test(text)) throw new RangeError(`Not a whole number: ${text}`)
  return Number(text)
}

async function main(cases: number, seed: number, one: string | undefined): Promise<number> {
  const numbers = one === undefined ? Array.from({ length: cases }, (_, index) => index) : [whole(one)]
  const { isTTY } = process.stdout
  await using target = await startTarget(fileURLToPath(new URL('../..', import.meta.url)))
  if (one === undefined) console.log(`seed ${seed}`)
  const summary = await campaign(target, {
    seed,
    numbers,
    onProgress: (done) => void (isTTY && process.stdout.write(`\r${done} of ${numbers.length} requests`)),
  })
  if (isTTY) process.stdout.write('\r\u001b[K')
  for (const line of report(summary)) console.log(line)
  return summary.findings.length === 0 && summary.requests === numbers.length ? 0 : 1
}
