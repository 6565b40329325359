// `npm run bench:server [-- --quick] [-- --json] [-- --only hot|spread|latency|reads|projects|stream|processes|scale] [-- --profile DIR]
// [-- --pgbench FILE] [-- --data-dir DIR]`: what the service does, beside pgbench and the bare framework, on one
// PostgreSQL with fsync on. Service, engine and whoever drives them are processes of their own; `--profile` has the
// serving ones write V8's CPU profiles there.
import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startEmbedded } from '../../packages/server/dist/db/embedded/index.js'
import { hot, spread, startRivals } from './commissions.mjs'
import { latency } from './latency.mjs'
import { versionOf } from './packages.mjs'
import { findPgbench, pgbenchVersion } from './pgbench.mjs'
import { projects } from './projects.mjs'
import { reads } from './reads.mjs'
import { Report } from './report.mjs'
import { processes, scale } from './scale.mjs'
import { stream } from './stream.mjs'
import { checkAccounts, createWorld, query } from './world.mjs'
import { startWorker } from './worker.mjs'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    json: { type: 'boolean' },
    only: { type: 'string' },
    profile: { type: 'string' },
    pgbench: { type: 'string' },
    'data-dir': { type: 'string' },
  },
})
const { quick = false, json = false, only, profile } = values

const [users, ms] = [10_000, quick ? 300 : 1000]
const report = new Report()
const started = performance.now()
const wanted = (...parts) => only === undefined || parts.includes(only)
const tell = (what) => process.stderr.write(`… ${what} (${Math.round((performance.now() - started) / 1000)} s)\n`)

const pgbenchPath = values.pgbench ?? findPgbench()
tell('PostgreSQL')
const postgres = await startEmbedded({ dataDir: values['data-dir'] ?? null, durable: true })
const [{ fsync }] = (await query(postgres.connection, 'show fsync')).rows
const workers = new Set()
try {
  await main()
} finally {
  await Promise.all([...workers].map((worker) => worker.stop()))
  await postgres.stop()
}

function start(script, settings, isServing = true) {
  const profiled = isServing && profile !== undefined
  const worker = startWorker(script, settings, profiled ? ['--cpu-prof', `--cpu-prof-dir=${resolve(profile)}`] : [])
  workers.add(worker)
  return worker
}

async function stop(worker) {
  await worker.stop()
  workers.delete(worker)
}

async function main() {
  const load = start('load.mjs', {}, false)
  const bench = { quick, users, ms, rounds: quick ? 1 : 3, postgres, pgbenchPath, report, tell, load, start, stop }
  if (wanted('hot', 'spread', 'latency', 'reads')) {
    tell(`a world of ${users} users`)
    const connection = await createWorld(postgres.connection, 'world', { users, hot: true })
    const service = start('service.mjs', { connection })
    const port = await service.call('listen')
    const drive = (kind, connections, more = {}) => load.call('drive', { port, kind, connections, users, ms, ...more })
    const world = { connection, service, port, drive }
    if (wanted('hot', 'spread')) {
      const rivals = await startRivals(bench, world)
      if (wanted('hot')) await hot(bench, world, rivals, 'auto')
      if (wanted('hot')) await hot(bench, world, rivals, 'cycle')
      if (wanted('spread')) await spread(bench, world, rivals)
      await rivals.stop()
    }
    if (wanted('latency')) await latency(bench, world)
    if (wanted('hot', 'spread', 'latency')) await checkAccounts(connection)
    if (wanted('reads')) await reads(bench, world)
    await stop(service)
  }
  if (wanted('projects')) await projects(bench)
  if (wanted('stream')) await stream(bench)
  if (wanted('processes')) await processes(bench)
  if (wanted('scale')) await scale(bench)
  print()
}

function print() {
  const seconds = Math.round((performance.now() - started) / 1000)
  const about = {
    command: `npm run bench:server${process.argv.length > 2 ? ` -- ${process.argv.slice(2).join(' ')}` : ''}`,
    node: process.version,
    machine: `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}`,
    postgresql: `${postgres.version}, fsync ${fsync}`,
    pgbench: pgbenchVersion(pgbenchPath),
    fastify: versionOf('fastify'),
    pg: versionOf('pg'),
    seconds,
  }
  if (json) {
    console.log(JSON.stringify({ ...about, rows: report.rows.filter(({ title }) => title === undefined) }, null, 2))
    return
  }
  console.log(`\n${about.command}`)
  console.log(
    `Node ${about.node}, ${about.machine}; PostgreSQL ${about.postgresql}; ${about.pgbench}; fastify ${about.fastify}, pg ${about.pg}`,
  )
  console.log(`Everything on one machine, ${seconds} s; medians, ratios within a round`)
  report.print()
}
