import { WARM_UP_MS } from './commissions.mjs'
import { rounds } from './rounds.mjs'

const KINDS = [
  ['authentication', '/identity/v2.0/tokens', 'token authentication'],
  ['quotas', '/account/v1.0/quotas', 'quotas'],
  ['catalogs', '/account/v1.0/user_catalogs', 'user catalogs'],
]

/** What the service does for an answer, against the bare framework that has it ready. */
export async function reads({ quick, ms, report, tell, load, start, stop }, { service, port, drive }) {
  const bare = start('bare.mjs', {}, false)
  const barePort = await bare.call('listen')
  const roundMs = quick ? ms * 0.6 : ms / 2
  const driven = async (worker, kind, connections, at) => {
    await worker.call('cpu')
    const figures = await drive(kind, connections, { ms: roundMs, port: at })
    return { ...figures, cpu: (await worker.call('cpu')) / figures.calls }
  }
  report.part('Reads, against the bare framework that answers a constant of the same size')
  for (const [kind, url, what] of KINDS) {
    const { status, body } = await load.call('ask', { port, kind, user: 1 })
    if (status !== 200) throw new Error(`${status}: ${body}`)
    await bare.call('answer', { url, body })
    await drive(kind, 64, { ms: WARM_UP_MS / 2 })
    await drive(kind, 64, { ms: WARM_UP_MS / 4, port: barePort })
    for (const connections of quick ? [64] : [1, 64]) {
      const ours = () => driven(service, kind, connections, port)
      const theirs = () => driven(bare, kind, connections, barePort)
      const results = await rounds(quick ? 3 : 5, { ours, theirs }, (name) => tell(`${what}, ${connections}: ${name}`))
      const [rate, bareRate, cpu, bareCpu] = ['rate', 'cpu'].flatMap((figure) =>
        ['ours', 'theirs'].map((name) => Math.round(results.median(name, figure))),
      )
      const size = `${Buffer.byteLength(body)} bytes`
      const note = `${rate} /s against ${bareRate} /s, ${cpu} µs of Node against ${bareCpu} µs, ${size}`
      const name = `${what}, ${connections} connection${connections === 1 ? '' : 's'}`
      const ratio = results.ratio('ours', 'theirs')
      // Alone, a request waits for the database, and the bare framework for nothing: that is a price, not a goal.
      if (connections === 1) report.figure(name, ratio, 'x', note)
      else report.atLeast(name, ratio, 'x', 0.5, note)
    }
  }
  await stop(bare)
}
