import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A process that runs a script of this folder and does one job after the other; its own end is in `jobs.mjs`. */
export function startWorker(script, settings = {}, execArgv = []) {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), [JSON.stringify(settings)], { execArgv })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const gone = exited.then((code) => ({ error: `${script} ended with ${code}` }))
  return {
    /** @returns the result of a job that the script serves. */
    async call(job, given = {}) {
      let hear
      const message = new Promise((resolve) => child.once('message', (hear = resolve)))
      child.send({ job, settings: given })
      const { result, error } = await Promise.race([message, gone])
      child.off('message', hear)
      if (error !== undefined) throw new Error(error)
      return result
    },
    async stop() {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}
