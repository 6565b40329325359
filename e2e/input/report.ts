import type { Finding, Summary } from './campaign.ts'
import { bytesOf, type Probe } from './probe.ts'

const SHOWN_MAX = 20
const LINES_MAX = 16

/** What was found, to be read and to be tried again; the last line is the verdict. */
export function report(summary: Summary): string[] {
  const { findings, requests, statuses } = summary
  const count = (kind: Finding['problem']['kind']): number =>
    findings.filter(({ problem }) => problem.kind === kind).length
  const others = count('other')
  const answers = [...statuses]
    .toSorted(([a], [b]) => a - b)
    .map(([status, times]) => `${status || 'closed'}: ${times}`)
  return [
    ...findings.slice(0, SHOWN_MAX).flatMap(linesOf),
    ...(findings.length > SHOWN_MAX ? [`… and ${findings.length - SHOWN_MAX} more`] : []),
    answers.join(', '),
    `${requests} requests, 5xx ${count('5xx')}, changes ${count('change')}${others > 0 ? `, otherwise wrong ${others}` : ''}`,
  ]
}

function linesOf({ seed, number, probe, problem }: Finding): string[] {
  return [
    `--seed ${seed} --case ${number}: ${problem.text}`,
    `  ${probe.how.join(', ')}`,
    ...shownRequest(probe).map((line) => `  | ${line}`),
  ]
}

/** In the names of the world, so without its tokens. */
function shownRequest(probe: Probe): string[] {
  const lines = bytesOf(probe, 'HOST', (text) => text)
    .toString('latin1')
    .slice(0, 1500)
    .split('\n')
  return lines.slice(0, LINES_MAX).map((line) => JSON.stringify(line).slice(1, -1).slice(0, 200))
}
