import { setTimeout as sleep } from 'node:timers/promises'

/** The campaign's bound on what must end by itself; nothing is measured against it. */
const DEADLINE_MS = 30_000

/** @throws {Error} `what` did not come true. */
export async function until(what: string, isTrue: () => Promise<boolean> | boolean): Promise<void> {
  const began = performance.now()
  while (!(await isTrue())) {
    if (performance.now() - began > DEADLINE_MS)
      throw new Error(`In ${DEADLINE_MS / 1000} s it did not happen: ${what}`)
    await sleep(20)
  }
}
