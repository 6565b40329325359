import { WARM_UP_MS } from './commissions.mjs'
import { rounds } from './rounds.mjs'

/** One commission at a time, and as many as are half of what the service can do. */
export async function latency({ quick, users, ms, report, tell, load }, { port, drive }) {
  await drive('auto', 64, { ms: WARM_UP_MS })
  let rate
  const results = await rounds(
    quick ? 1 : 5,
    {
      single: () => drive('auto', 1),
      half: async () => {
        rate = (await drive('auto', 64)).rate / 2
        return load.call('pace', { port, kind: 'auto', connections: 64, users, ms, rate })
      },
    },
    (name) => tell(`latency: ${name}`),
  )
  report.part('How long a commission takes, one hot project, auto-accept')
  for (const [name, what] of [
    ['single', 'one at a time'],
    ['half', 'at half of what 64 connections get'],
  ]) {
    report.figure(`${what}, p50`, results.median(name, 'p50'), 'ms')
    report.figure(`${what}, p99`, results.median(name, 'p99'), 'ms', name === 'half' ? `${Math.round(rate)} /s` : '')
  }
  report.atMost('p99 at half load against one at a time', results.ratio('half', 'single', 'p99'), 'x', 10)
}
