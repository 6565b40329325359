/** What the process was started with. */
export const settings = JSON.parse(process.argv[2] ?? '{}')

let before = process.cpuUsage()

/** Microseconds of work since it was asked last: what a busy neighbour disturbs less than the time by the clock. */
function cpu() {
  const { user, system } = process.cpuUsage(before)
  before = process.cpuUsage()
  return user + system
}

/** The inner end of a worker: jobs by name, and what is to be done when no more will come. */
export function serve(jobs, end = () => undefined) {
  process.on('message', ({ job, settings: given }) => {
    void Promise.resolve()
      .then(() => (job === 'cpu' ? cpu() : jobs[job](given)))
      .then((result) => process.send({ result }))
      .catch((error) => process.send({ error: String(error?.stack ?? error) }))
  })
  process.on('disconnect', () => void Promise.resolve(end()).finally(() => process.exit()))
}
