/**
 * Three services behind HAProxy over a primary and a standby: restarts, kills and failovers under load, counted afterwards.
 *
 *   npm run test:failover [-- --quick] [--rounds N] [--seed S]
 */
import { parseArgs } from 'node:util'
import { runCampaign, type RoundReport } from './campaign.ts'
import { QUICK_SCENES, SCENE_NAMES } from './scenes.ts'

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, rounds: { type: 'string' }, seed: { type: 'string' } },
})
const rounds = values.quick ? 1 : numberOf('--rounds', values.rounds ?? '4')
const seed = numberOf('--seed', values.seed ?? String(Date.now() % 1_000_000))

const stop = new AbortController()
// It may come twice, from the terminal and from npm; what runs is ended once.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort())

const reports = await runCampaign({
  seed,
  scenes: Array.from({ length: rounds }, () => (values.quick ? QUICK_SCENES : SCENE_NAMES)).flat(),
  services: values.quick ? 2 : 3,
  signal: stop.signal,
  onRound(round, { scene, acknowledged, refused, failures, outage, pauseSeconds, findings }) {
    const told = `${acknowledged} acknowledged, ${refused} refused, ${failures.length} failed`
    const away = `503 for ${outage.seconds.toFixed(1)} s ${JSON.stringify(outage.statuses)}, no commission for ${pauseSeconds.toFixed(1)} s`
    console.error(`${String(round).padStart(3)}  ${scene.padEnd(15)}  ${told}, ${findings.length} broken; ${away}`)
    for (const what of failures.slice(0, 10)) console.error(`     failed: ${what}`)
    for (const { kind, what } of findings.slice(0, 30)) console.error(`     ${kind}: ${what}`)
  },
})
if (stop.signal.aborted) console.error('Stopped.')
for (const scene of SCENE_NAMES) {
  const own = reports.filter((report) => report.scene === scene)
  if (own.length === 0) continue
  const seconds = [own.map(({ outage }) => outage.seconds), own.map(({ pauseSeconds }) => pauseSeconds)].map(range)
  console.log(`${scene}: 503 for ${seconds[0]} s, no commission for at most ${seconds[1]} s`)
}
console.log(closingLine(reports))
const isBroken = reports.some(({ findings, failures }) => findings.length > 0 || failures.length > 0)
process.exitCode = isBroken || stop.signal.aborted ? 1 : 0

function range(seconds: readonly number[]): string {
  const [least, most] = [Math.min(...seconds).toFixed(1), Math.max(...seconds).toFixed(1)]
  return least === most ? least : `${least} … ${most}`
}

function closingLine(all: readonly RoundReport[]): string {
  const findings = all.flatMap((report) => report.findings)
  const count = (...kinds: string[]): number => findings.filter(({ kind }) => kinds.includes(kind)).length
  const acknowledged = all.reduce((sum, report) => sum + report.acknowledged, 0)
  const failed = all.reduce((sum, { failures }) => sum + failures.length, 0)
  const parts = [
    `acknowledged ${acknowledged}, lost ${count('lost')}, doubled ${count('doubled')}`,
    `failed ${failed}`,
    count('sums', 'half-applied', 'answer') === 0
      ? 'sums equal'
      : `sums differ ${count('sums', 'half-applied', 'answer')}`,
  ]
  return parts.join(', ')
}

function numberOf(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${option} must be a number`)
  return Number(text)
}
