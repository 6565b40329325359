// Commissions a second: over HTTP and without, beside one commission a transaction by pgbench.
import { BASELINE, pgbench } from './pgbench.mjs'
import { rounds } from './rounds.mjs'
import { createDatabase } from './world.mjs'

/** Until then V8 interprets more than it has compiled, and a call costs up to ten times as much. */
export const WARM_UP_MS = 1200

/** What the service is compared with: pgbench, the same service with batches of one, the engine alone. */
export async function startRivals({ postgres, start, stop, users, ms, quick, pgbenchPath }, { connection, drive }) {
  const baseline = await createDatabase(postgres.connection, 'baseline', BASELINE)
  const single = start('service.mjs', { connection, engine: { batchMax: 1 } })
  const port = await single.call('listen')
  const engine = start('engine.mjs', { connection })
  return {
    pgbench: (script, counts) =>
      contestants('pgbench', counts, (count) => pgbench(pgbenchPath, baseline, script, count, quick ? 1 : 2)),
    batchesOfOne: (kind) => drive(kind, 64, { port }),
    engine: (kind, project, counts) =>
      contestants('engine', counts, (inFlight) => engine.call('drive', { kind, project, inFlight, users, ms })),
    warmUp: async (kind) => {
      await engine.call('drive', { kind, project: 'hot', inFlight: 64, users, ms: WARM_UP_MS / 2 })
      await drive(kind, 64, { port, ms: WARM_UP_MS / 4 })
    },
    async stop() {
      await stop(single)
      await stop(engine)
    },
  }
}

/** All holders charge one project. */
export async function hot({ quick, rounds: count, report, tell }, { service, drive }, rivals, kind) {
  const title = kind === 'auto' ? 'auto-accept' : 'issue, then accept'
  const counts = quick ? [1, 8, 64, 256] : [1, 4, 8, 64, 256]
  await drive(kind, 64, { ms: WARM_UP_MS })
  await rivals.warmUp(kind)
  const results = await rounds(
    count,
    {
      ...overHttp(service, drive, kind, counts),
      ...rivals.pgbench(kind, quick ? [1, 64] : [1, 2, 4, 64]),
      'single 64': () => rivals.batchesOfOne(kind),
      ...rivals.engine(kind, 'hot', [64, 1000]),
      ...(kind === 'auto' ? { 'keyed 64': () => drive('keyed', 64) } : {}),
    },
    (name) => tell(`hot, ${title}: ${name}`),
  )
  report.part(`Commissions on one hot project, ${title}`)
  hotRows(report, results, counts)
}

/** Each holder charges a project of its own. */
export async function spread({ quick, rounds: count, report, tell }, { service, drive }, rivals) {
  await drive('spread', 64, { ms: WARM_UP_MS })
  const results = await rounds(
    count,
    {
      ...overHttp(service, drive, 'spread', [8, 64, 256]),
      ...rivals.pgbench('spread', quick ? [16, 64] : [2, 4, 8, 16, 64]),
      ...rivals.engine('auto', 'spread', [64]),
    },
    (name) => tell(`spread: ${name}`),
  )
  report.part('Commissions spread over 10,000 projects, auto-accept')
  spreadRows(report, results)
}

function overHttp(service, drive, kind, counts) {
  return contestants('http', counts, async (count) => {
    await service.call('batchSize')
    await service.call('cpu')
    const figures = await drive(kind, count)
    return { ...figures, batch: await service.call('batchSize'), cpu: (await service.call('cpu')) / figures.calls }
  })
}

function contestants(prefix, counts, run) {
  return Object.fromEntries(counts.map((count) => [`${prefix} ${count}`, () => run(count)]))
}

function countOf(name) {
  return name.split(' ')[1]
}

function connections(name) {
  return countOf(name) === '1' ? '1 connection' : `${countOf(name)} connections`
}

function timesOf(results, name) {
  return `p50 ${results.median(name, 'p50').toFixed(1)} ms, p99 ${results.median(name, 'p99').toFixed(1)} ms`
}

function httpRows(report, results) {
  for (const name of results.names('http')) {
    const note = `${timesOf(results, name)}, ${results.median(name, 'batch').toFixed(1)} requests a transaction, ${Math.round(results.median(name, 'cpu'))} µs of Node`
    report.figure(`over HTTP, ${connections(name)}`, results.median(name), '/s', note)
  }
}

/** @returns the best of them. */
function pgbenchRows(report, results) {
  const best = results.best('pgbench')
  for (const name of results.names('pgbench'))
    report.figure(`pgbench, ${connections(name)}`, results.median(name), '/s', name === best ? 'its best' : '')
  return best
}

function engineRows(report, results) {
  for (const name of results.names('engine'))
    report.figure(`without HTTP, ${countOf(name)} in flight`, results.median(name), '/s', timesOf(results, name))
}

function hotRows(report, results, counts) {
  httpRows(report, results)
  const best = pgbenchRows(report, results)
  report.figure(
    'over HTTP, 64 connections, batches of one',
    results.median('single 64'),
    '/s',
    timesOf(results, 'single 64'),
  )
  if (results.names('keyed').length > 0)
    report.figure(
      'over HTTP, 64 connections, idempotency keys',
      results.median('keyed 64'),
      '/s',
      timesOf(results, 'keyed 64'),
    )
  engineRows(report, results)
  for (const name of ['http 64', 'http 256'])
    report.atLeast(`over HTTP, ${connections(name)}, against pgbench's best`, results.ratio(name, best), 'x', 4)
  report.atLeast('over HTTP, 64 connections, against pgbench at 64', results.ratio('http 64', 'pgbench 64'), 'x', 20)
  const several = counts.filter((count) => count > 1)
  const steps = several
    .slice(1)
    .map((count, index) => [several[index], count, results.ratio(`http ${count}`, `http ${several[index]}`)])
  const [from, to, least] = steps.reduce((a, b) => (b[2] < a[2] ? b : a))
  report.atLeast('over HTTP, more connections against fewer', least, 'x', 1, `the smallest: ${to} against ${from}`)
  report.atLeast("without HTTP, 64 in flight, against pgbench's best", results.ratio('engine 64', best), 'x', 10)
  report.atLeast("without HTTP, 1000 in flight, against pgbench's best", results.ratio('engine 1000', best), 'x', 15)
}

function spreadRows(report, results) {
  httpRows(report, results)
  const best = pgbenchRows(report, results)
  engineRows(report, results)
  for (const name of ['http 64', 'http 256'])
    report.atLeast(`over HTTP, ${connections(name)}, against pgbench's best`, results.ratio(name, best), 'x', 3)
}
