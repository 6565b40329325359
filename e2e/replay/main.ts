import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { replay, type Verdict } from './replay.ts'
import { ReplayService } from './service.ts'
import { readScenarios } from './transcripts.ts'
import { readWorld } from './world.ts'

/**
 * `npm run replay:client -- [DIR…] [--world FILE]`: drives each recorded exchange that a method of the client can
 * produce through that method, over HTTP, against a service that answers as recorded.
 */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { world: { type: 'string' }, verbose: { type: 'boolean', short: 'v' } },
})
const golden = new URL('../../fixtures/golden/', import.meta.url)
const folders = positionals.length > 0 ? positionals : [fileURLToPath(new URL('scenarios', golden))]
const world = readWorld(values.world ?? fileURLToPath(new URL('world.json', golden)))

const areas = new Map<string, { steps: number; passed: number; failed: number }>()
const rules = new Map<string, number>()
const methods = new Map<string, number>()
const totals = { scenarios: 0, steps: 0, passed: 0, failed: 0 }
const service = await ReplayService.start()
try {
  for (const folder of folders) {
    const scenarios = readScenarios(folder)
    if (scenarios.length === 0) throw new Error(`No scenarios in ${folder}`)
    for (const scenario of scenarios) {
      totals.scenarios += 1
      for await (const { step, verdict, methods: driven } of replay(scenario, world, service)) {
        count(scenario.area, verdict)
        for (const method of driven) methods.set(method, (methods.get(method) ?? 0) + 1)
        if (verdict.kind === 'failed')
          console.log(`✗ ${scenario.file} ${step.n}\n${verdict.problems.map((problem) => `    ${problem}`).join('\n')}`)
        else if (values.verbose)
          console.log(
            `${verdict.kind === 'passed' ? '✓' : '·'} ${scenario.file} ${step.n} ${verdict.kind === 'passed' ? driven.join(', ') : verdict.rule}`,
          )
      }
    }
  }
} finally {
  await service.stop()
}

console.log(`\n${totals.scenarios} scenarios, ${totals.steps} steps`)
for (const [area, { steps, passed, failed }] of areas)
  console.log(
    `  ${area.padEnd(14)}${String(passed).padStart(5)} of ${String(steps).padStart(4)} driven${failed > 0 ? `, ${failed} failed` : ''}`,
  )
console.log(`\nDriven through ${methods.size} methods:`)
for (const [method, times] of [...methods].sort()) console.log(`${String(times).padStart(6)}  ${method}`)
console.log(`\nLeft out, ${totals.steps - totals.passed - totals.failed} steps, each by a rule:`)
for (const [rule, times] of [...rules].sort((a, b) => b[1] - a[1])) console.log(`${String(times).padStart(6)}  ${rule}`)
console.log(`\n${totals.passed} passed, ${totals.failed} failed`)
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0

function count(area: string, verdict: Verdict): void {
  const counts = areas.get(area) ?? { steps: 0, passed: 0, failed: 0 }
  areas.set(area, counts)
  counts.steps += 1
  totals.steps += 1
  if (verdict.kind === 'left out') return void rules.set(verdict.rule, (rules.get(verdict.rule) ?? 0) + 1)
  counts[verdict.kind] += 1
  totals[verdict.kind] += 1
}
