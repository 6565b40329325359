import { median } from '../client/statistics.mjs'
import { createWorld } from './world.mjs'

/** All that a component's users hold, from a service of its own. */
export async function stream({ quick, rounds, postgres, report, tell, load, start, stop }) {
  const users = quick ? 6250 : 125_000
  tell(`a world of ${users} users`)
  const connection = await createWorld(postgres.connection, 'many', { users })
  const runs = []
  for (let run = 0; run < rounds; run += 1) {
    tell('stream')
    // A fresh process each time: memory that an earlier stream has left behind would hide what this one takes.
    const service = start('service.mjs', { connection })
    const port = await service.call('listen')
    await load.call('stream', { port, user: 1 })
    await service.call('watchMemory')
    await service.call('cpu')
    const figures = await load.call('stream', { port })
    const cpu = (await service.call('cpu')) / 1000 / figures.megabytes
    runs.push({ ...figures, cpu, memory: await service.call('memory') })
    if (figures.holdings !== users * 8) throw new Error(`${figures.holdings} holdings of ${users} users`)
    await stop(service)
  }
  const of = (figure) => runs.map((run) => run[figure])
  const [{ holdings, megabytes }] = runs
  report.part(`service_quotas of ${holdings.toLocaleString('en')} holdings, ${Math.round(megabytes)} MB`)
  const range = `${Math.min(...of('rate')).toFixed(1)} to ${Math.max(...of('rate')).toFixed(1)} in ${runs.length} runs, ${median(of('cpu')).toFixed(1)} ms of Node for a MB`
  report.atLeast('streamed', median(of('rate')), 'MB/s', 80, range)
  report.figure('first byte after', median(of('first')), 'ms')
  // The worst of all runs: whoever has to set a limit needs that one.
  report.atMost('memory of the service above the start, at most', Math.max(...of('memory')), 'MB', 60)
}
