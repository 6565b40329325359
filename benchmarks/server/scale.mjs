import { median } from '../client/statistics.mjs'
import { rounds } from './rounds.mjs'
import { RESOURCES } from './names.mjs'
import { createWorld } from './world.mjs'

/** Each user has a system project: a row for the project and one for the user, for each resource. */
const ROWS_OF_A_USER = 2 * RESOURCES.length

/** One, two and four processes on one database. Service, database and load share the machine's processors. */
export async function processes(bench) {
  const { report, tell, users, load, ms, start, stop } = bench
  tell(`a world of ${users} users for several processes`)
  const connection = await createWorld(bench.postgres.connection, 'processes', { users, hot: true })
  const services = [1, 2, 3, 4].map(() => start('service.mjs', { connection }))
  const ports = await Promise.all(services.map((service) => service.call('listen')))
  const drive = (kind, count) => () =>
    load.call('drive', { ports: ports.slice(0, count), kind, connections: 64, users, ms })
  const kinds = { auto: 'hot project', spread: 'spread', quotas: 'quotas of a user' }
  for (const service of services) await service.call('cpu')
  const contestants = Object.fromEntries(
    Object.keys(kinds).flatMap((kind) => [1, 2, 4].map((count) => [`${kind} ${count}`, drive(kind, count)])),
  )
  const results = await rounds(bench.rounds, contestants, tell)
  report.part('Processes on one database, 64 connections')
  for (const [kind, title] of Object.entries(kinds)) {
    report.figure(`${title}, one process`, results.median(`${kind} 1`), '/s')
    for (const count of [2, 4])
      report.figure(`… ${count} processes to one`, results.ratio(`${kind} ${count}`, `${kind} 1`), 'x')
  }
  await Promise.all(services.map((service) => stop(service)))
}

/** What a request costs must not grow with the holdings that it does not touch. */
export async function scale(bench) {
  const { quick, report, tell, load, ms, start, stop } = bench
  const sizes = quick ? [10_000, 100_000] : [10_000, 100_000, 1_000_000]
  const worlds = []
  for (const rows of sizes) {
    const users = Math.floor(rows / ROWS_OF_A_USER)
    tell(`a world of ${rows} holdings`)
    const connection = await createWorld(bench.postgres.connection, `holdings_${rows}`, { users })
    const service = start('service.mjs', { connection })
    worlds.push({ rows, users, service, connection, port: await service.call('listen') })
  }
  const contestants = {}
  for (const { rows, users, port } of worlds) {
    const drive = (kind, connections) => () => load.call('drive', { port, kind, connections, users, ms })
    contestants[`issue ${rows}`] = drive('spread', 1)
    contestants[`issues ${rows}`] = drive('spread', 64)
    contestants[`quotas ${rows}`] = drive('quotas', 1)
  }
  const results = await rounds(bench.rounds, contestants, tell)
  report.part('Holdings in the database')
  const [least, most] = [sizes[0], sizes.at(-1)]
  for (const [kind, title] of [
    ['issue', 'issue, one connection'],
    ['quotas', "one's quotas, one connection"],
  ]) {
    for (const rows of sizes)
      report.figure(`${title}, ${shown(rows)}`, results.median(`${kind} ${rows}`, 'p50'), 'ms', 'median')
    report.atMost(
      `… ${shown(most)} to ${shown(least)}`,
      results.ratio(`${kind} ${most}`, `${kind} ${least}`, 'p50'),
      'x',
      1.5,
    )
  }
  for (const rows of sizes)
    report.figure(`issues, 64 connections, ${shown(rows)}`, results.median(`issues ${rows}`), '/s')
  report.atLeast(`… ${shown(most)} to ${shown(least)}`, results.ratio(`issues ${most}`, `issues ${least}`), 'x', 0.67)
  for (const { service } of worlds) await stop(service)
  for (const world of worlds) await streamed(bench, world)
}

/** From a process of its own each time: memory that something else has left behind would hide what this takes. */
async function streamed({ rounds: count, report, tell, load, start, stop }, { rows, users, connection }) {
  const runs = []
  for (let run = 0; run < count; run += 1) {
    tell(`stream of ${rows} holdings`)
    const service = start('service.mjs', { connection })
    const port = await service.call('listen')
    await load.call('stream', { port, user: 1 })
    await service.call('watchMemory')
    const figures = await load.call('stream', { port })
    runs.push({ ...figures, memory: await service.call('memory') })
    if (figures.holdings !== users * RESOURCES.length) throw new Error(`${figures.holdings} holdings of ${users} users`)
    await stop(service)
  }
  const of = (figure) => runs.map((run) => run[figure])
  report.figure(
    `all quotas of a service, ${shown(rows)}`,
    median(of('megabytes').map((size, run) => size / of('rate')[run])),
    's',
  )
  report.figure(`… memory above the start, at most`, Math.max(...of('memory')), 'MB')
}

const shown = (rows) => rows.toLocaleString('en')
