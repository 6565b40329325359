import { readFileSync } from 'node:fs'
import { readJson, type Json } from '../replay/json.ts'
import type { RecordedRequest, Scenario } from '../replay/transcripts.ts'
import { expectationsOf, type Expectation } from './expectation.ts'
import { routeOf } from './selection.ts'

interface User {
  readonly uuid: string
  readonly username: string
}

/** What rules may look up: the users of the world, and what was recorded for another request. */
export class Recordings {
  readonly users: readonly User[]
  readonly #answers = new Map<string, Expectation[]>()

  constructor(worldFile: string, scenarios: readonly Scenario[]) {
    this.users = (readJson(readFileSync(worldFile, 'utf8')) as unknown as { users: User[] }).users
    for (const step of scenarios.flatMap(({ steps }) => steps)) {
      const { request, response } = step
      if (request === undefined || response === undefined) continue
      const key = keyOf(request)
      if (!this.#answers.has(key)) this.#answers.set(key, expectationsOf({ ...step, response }, routeOf(request.url)))
    }
  }

  /** @throws {Error} nothing was recorded for it. */
  answerTo(request: RecordedRequest): Expectation[] {
    const answers = this.#answers.get(keyOf(request))
    if (answers === undefined) throw new Error(`Nothing was recorded for ${keyOf(request)}`)
    return answers
  }
}

function keyOf(request: RecordedRequest): string {
  return JSON.stringify(request, (_, value: Json | RecordedRequest) => {
    if (typeof value === 'bigint') return `${value}n`
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
  })
}
