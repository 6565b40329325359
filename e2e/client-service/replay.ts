import type { Scenario, Step } from '../replay/transcripts.ts'
import { DIFFERENCES } from '../replay-server/differences.ts'
import type { Recordings } from '../replay-server/recordings.ts'
import { Replay, type Service, type Verdict } from '../replay-server/replay.ts'
import { Driver, type Origin, type Transport } from './driver.ts'
import type { Tap } from './tap.ts'

/** What became of a step in all passes. */
export interface Played {
  readonly step: Step
  readonly verdict: Verdict
  /** Absent: no exchange. */
  readonly origin: Origin | null
}

/** Plays scenarios through the client: as often as there are methods for a request. */
export class ClientReplay {
  readonly #service: Service
  readonly #recordings: Recordings
  readonly #tap: Tap
  readonly #transports: readonly Transport[]

  constructor(service: Service, recordings: Recordings, tap: Tap, transports: readonly Transport[]) {
    this.#service = service
    this.#recordings = recordings
    this.#tap = tap
    this.#transports = transports
  }

  async play(scenario: Scenario): Promise<Played[]> {
    const played = new Map<Step, Played>()
    let passes = 1
    for (let pass = 0; pass < passes; pass += 1) {
      await using driver = new Driver(this.#tap, this.#transports, pass)
      const replay = new Replay(this.#service, this.#recordings, DIFFERENCES, (...args) => driver.send(...args))
      for await (const [step, verdict] of replay.play(scenario)) {
        played.set(step, together(played.get(step), { step, verdict, origin: driver.origin }))
        driver.origin = null
      }
      passes = Math.max(passes, driver.passes)
    }
    return [...played.values()]
  }
}

/** The first failure counts, and every method that was called. */
function together(before: Played | undefined, now: Played): Played {
  if (before === undefined) return now
  const verdict = before.verdict.kind === 'failed' ? before.verdict : now.verdict
  const methods = [before.origin, now.origin].flatMap((origin) =>
    origin !== null && 'methods' in origin ? origin.methods : [],
  )
  return { step: now.step, verdict, origin: methods.length > 0 ? { methods } : now.origin }
}
