import { WARM_UP_MS } from './commissions.mjs'
import { userUuid } from './names.mjs'
import { ADMIN, checkLimits, createProjectWorld, MEMBER, OWNER } from './project-world.mjs'
import { JOINING } from './requests.mjs'
import { rounds } from './rounds.mjs'

const LISTS = [
  ['projects', '/account/v1.0/projects', OWNER, 'projects of their owner', '"creation_date":'],
  ['memberships', '/account/v1.0/projects/memberships', MEMBER, 'memberships of their member', '"allowed_actions":'],
]

/** Projects with many of everything, against plain statements and the bare framework. */
export async function projects(bench) {
  const { quick, postgres, report, tell, start, stop, users } = bench
  const count = 10_000
  tell(`a world of ${count} projects`)
  const connection = await createProjectWorld(postgres.connection, 'projects', { users, count })
  const service = start('service.mjs', { connection, service: { projectAdmins: [userUuid(ADMIN)] } })
  const [plain, bare] = [start('plain.mjs', { connection }, false), start('bare.mjs', {}, false)]
  const world = {
    service,
    plain,
    bare,
    port: await service.call('listen'),
    barePort: await bare.call('listen'),
    rounds: quick ? 3 : 7,
    count,
  }
  report.part(`Projects: ${count} of an owner, ${count} memberships of a user, ${users} members of a project`)
  for (const list of LISTS) await listing(bench, world, list)
  await approving(bench, world)
  await joining(bench, world)
  await checkLimits(connection)
  for (const worker of [service, plain, bare]) await stop(worker)
}

/** With milliseconds of work of the process. */
async function measured(worker, run) {
  await worker.call('cpu')
  const figures = await run()
  return { ...figures, cpu: (await worker.call('cpu')) / 1000 }
}

async function listing({ report, tell, load }, world, [kind, path, user, what, item]) {
  const { service, plain, bare, port, barePort, count } = world
  const ask = (at) => load.call('list', { port: at, path, user, item })
  const checked = async (figures) => {
    const { items } = await figures
    // The reader has a system project, and shares in the large one.
    if (items < count || items > count + 2) throw new Error(`${items} ${kind} instead of ${count}`)
    return figures
  }
  const { megabytes } = await checked(ask(port))
  await bare.call('answer', { url: path, body: `"${' '.repeat(megabytes * 1e6 - 2)}"` })
  const contestants = {
    ours: () => measured(service, () => checked(ask(port))),
    plain: () => measured(plain, () => checked(plain.call('list', { kind, user }))),
    bare: () => measured(bare, () => ask(barePort)),
  }
  // The first ones meet cold caches and code that is not compiled.
  for (const name of ['ours', 'ours', 'plain', 'bare']) await contestants[name]()
  const results = await rounds(world.rounds, contestants, (name) => tell(`${kind}: ${name}`))
  const ms = (name, figure = 'ms') => `${results.median(name, figure).toFixed(0)} ms`
  const note = `${megabytes.toFixed(1)} MB; ${ms('ours', 'cpu')} of Node`
  report.figure(`${count} ${what}`, results.median('ours', 'ms'), 'ms', note)
  const rows = `${ms('plain')}, ${ms('plain', 'cpu')} of Node`
  report.figure('  against one plain statement', results.ratio('ours', 'plain', 'ms'), 'x', rows)
  report.figure('  against the bare framework and a constant', results.ratio('ours', 'bare', 'ms'), 'x', ms('bare'))
}

async function approving({ report, tell, load, users }, { service, plain, port, ...world }) {
  // Another one each time, so that all holdings change.
  let memberCapacity = 1000
  const contestants = {
    ours: () => load.call('approve', { port, user: ADMIN, memberCapacity: (memberCapacity += 1) }),
    plain: () => plain.call('approve', { memberCapacity: (memberCapacity += 1) }),
  }
  for (const contestant of Object.values(contestants)) await contestant()
  const measuredOurs = () => measured(service, contestants.ours)
  const results = await rounds(world.rounds, { ...contestants, ours: measuredOurs }, (name) => tell(`approve: ${name}`))
  // What the plain statement wrote is put right.
  await contestants.ours()
  const note = `${results.median('ours', 'cpu').toFixed(0)} ms of Node`
  report.figure(`approval for ${users} members`, results.median('ours', 'ms'), 'ms', note)
  const theirs = `${results.median('plain', 'ms').toFixed(0)} ms`
  report.figure('  against one plain update of their holdings', results.ratio('ours', 'plain', 'ms'), 'x', theirs)
}

async function joining({ quick, ms, users, report, tell, load }, { service, plain, port, ...world }) {
  for (const connections of quick ? [1, 8] : [1, 8, 64]) {
    const ours = (limit = ms) => load.call('drive', { port, kind: 'join', connections, users, ms: limit })
    const theirs = (limit = ms) => plain.call('join', { connections, ms: limit, joining: JOINING })
    await ours(WARM_UP_MS / 2)
    await theirs(WARM_UP_MS / 4)
    const driven = async () => {
      const { calls, cpu, ...figures } = await measured(service, () => ours())
      return { ...figures, cpu: (cpu * 1000) / calls }
    }
    const results = await rounds(Math.min(world.rounds, 5), { ours: driven, plain: () => theirs() }, (name) =>
      tell(`join, ${connections}: ${name}`),
    )
    const of = (figure) => results.median('ours', figure)
    const name = `join, ${connections} connection${connections === 1 ? '' : 's'}`
    const note = `p50 ${of('p50').toFixed(1)} ms, p99 ${of('p99').toFixed(1)} ms, ${Math.round(of('cpu'))} µs of Node`
    report.figure(name, of('rate'), '/s', note)
    const theirRate = `${Math.round(results.median('plain'))} /s, p50 ${results.median('plain', 'p50').toFixed(1)} ms`
    report.figure('  against one plain transaction', results.ratio('ours', 'plain'), 'x', theirRate)
  }
}
