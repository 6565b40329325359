/**
 * Kills services and databases, cuts connections and loses answers, under load, and counts afterwards.
 *
 *   npm run test:faults [-- --rounds N --seed S]
 */
import { parseArgs } from 'node:util'
import { drawFaults, runCampaign, type CampaignReport } from './campaign.ts'
import type { Kind } from './check.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string' }, seed: { type: 'string' } } })
const rounds = numberOf('--rounds', values.rounds ?? '42')
const seed = numberOf('--seed', values.seed ?? String(Date.now() % 1_000_000))

const stop = new AbortController()
// It may come twice, from the terminal and from npm; what runs is ended once.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort())

let since = performance.now()
const report = await runCampaign({
  seed,
  faults: drawFaults(rounds, seed),
  signal: stop.signal,
  onRound(round, fault, { acknowledged, recovered, refused, findings }) {
    const seconds = ((performance.now() - since) / 1000).toFixed(1)
    since = performance.now()
    const sums = `${acknowledged} acknowledged, ${recovered} recovered, ${refused} refused`
    const end = findings.length === 0 ? '' : `, ${findings.length} broken`
    console.error(`${String(round).padStart(3)}/${rounds}  ${fault.padEnd(17)}  ${sums}${end}  ${seconds} s`)
  },
})
if (report.findings.length > 0) tellFindings(report)
if (stop.signal.aborted) console.error('Stopped.')
console.log(closingLine(report))
process.exitCode = report.findings.length > 0 || stop.signal.aborted ? 1 : 0

function tellFindings({ findings, rounds: round, kept }: CampaignReport): void {
  console.error(`Round ${round} of seed ${seed} broke; its database and journal are in ${kept}.`)
  for (const { kind, what } of findings.slice(0, 30)) console.error(`  ${kind}: ${what}`)
  if (findings.length > 30) console.error(`  and ${findings.length - 30} more`)
}

function closingLine({ rounds: played, kills, acknowledged, findings }: CampaignReport): string {
  const count = (kind: Kind): number => findings.filter((finding) => finding.kind === kind).length
  const parts = [
    `rounds ${played}`,
    `kills ${kills}`,
    `acknowledged ${acknowledged}`,
    `lost ${count('lost')}`,
    `doubled ${count('doubled')}`,
    `half-applied ${count('half-applied')}`,
    count('sums') === 0 ? 'sums equal' : `sums differ ${count('sums')}`,
    ...(count('answer') === 0 ? [] : [`wrong answers ${count('answer')}`]),
  ]
  return parts.join(', ')
}

function numberOf(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${option} must be a number`)
  return Number(text)
}
