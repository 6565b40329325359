import { setTimeout as sleep } from 'node:timers/promises'
import { statusOf } from './balancer.ts'

/** A reader that asks again and again, and never waits for a better answer. */
export interface Watch {
  /** @returns the seconds from the first answer that was none to the next one that was good, and what was answered. */
  stop(): Promise<Outage>
}

export interface Outage {
  readonly seconds: number
  /** How often, by status; 0: no answer at all. */
  readonly statuses: Readonly<Record<number, number>>
}

const PAUSE_MS = 40

export function watch(origin: string, path: string, headers: Record<string, string>): Watch {
  let isOver = false
  let [firstBad, lastBad]: [number | null, number] = [null, 0]
  const statuses: Record<number, number> = {}
  const watching = (async () => {
    while (!isOver) {
      const began = performance.now()
      // oxlint-disable-next-line no-await-in-loop
      const status = await statusOf(origin, path, headers)
      statuses[status] = (statuses[status] ?? 0) + 1
      if (status !== 200) firstBad ??= began
      if (status !== 200) lastBad = performance.now()
      // oxlint-disable-next-line no-await-in-loop
      await sleep(PAUSE_MS)
    }
  })()
  return {
    async stop() {
      isOver = true
      await watching
      return { seconds: firstBad === null ? 0 : (lastBad - firstBad) / 1000, statuses }
    },
  }
}
