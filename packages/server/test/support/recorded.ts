import { readFileSync } from 'node:fs'
import { parseExact } from 'astakosclient/wire'

export interface RecordedPost {
  readonly comment: string
  readonly body: Readonly<Record<string, unknown>>
  readonly status: number
}

/** The objects that were posted in a scenario, and what came of them. */
export function postsOf(scenario: string): RecordedPost[] {
  const file = new URL(`../../../../fixtures/golden/scenarios/${scenario}.json`, import.meta.url)
  const { steps } = parseExact(readFileSync(file, 'utf8')) as { steps: Step[] }
  return steps.flatMap(({ comment = '', request, response }) => {
    if (request?.method !== 'POST' || response === undefined) return []
    const { json, text } = request
    const body = json ?? (parseExact(text ?? '{}') as Readonly<Record<string, unknown>>)
    return [{ comment, body, status: response.status }]
  })
}

interface Step {
  readonly comment?: string
  readonly request?: {
    readonly method: string
    readonly json?: Readonly<Record<string, unknown>>
    readonly text?: string
  }
  readonly response?: { readonly status: number }
}
