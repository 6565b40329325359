import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isObject, readJson, type Json, type JsonObject } from './json.ts'

/** The recordings as they are on disk, with their placeholders. fixtures/golden/README.md describes them. */
export interface Scenario {
  readonly file: string
  readonly name: string
  readonly area: string
  /** A condition beyond the world. */
  readonly requires?: string
  readonly steps: readonly Step[]
}

export interface Step {
  readonly n: bigint
  readonly comment?: string
  /** Absent: an operator action or a pause. */
  readonly request?: RecordedRequest
  readonly response?: RecordedResponse
  readonly operator?: JsonObject
  readonly wait_seconds?: bigint
  readonly unordered?: readonly string[]
  readonly lenient?: readonly string[]
  readonly alternatives?: readonly JsonObject[]
}

export interface RecordedRequest {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: Json
  readonly text?: string
  readonly latin1?: string
  readonly form?: Readonly<Record<string, string>>
  readonly generated?: {
    readonly prefix: string
    readonly repeat: string
    readonly times: bigint
    readonly suffix: string
  }
  readonly transfer?: 'none' | 'chunked'
  readonly cookie_jar?: string
  readonly csrf?: boolean
}

export interface RecordedResponse {
  readonly status: bigint
  readonly headers: Readonly<Record<string, string>>
  readonly json?: Json
  readonly text?: string
  readonly jsonp?: { readonly callback: string; readonly json: Json }
  readonly html?: true
  readonly empty?: true
  readonly set_cookies?: readonly { readonly name: string; readonly value: string }[]
}

export function scenarioFiles(folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => join(folder, name)),
  )
}

/** @throws {Error} the file holds no scenario. */
export function readScenario(file: string): Scenario {
  const document = readJson(readFileSync(file, 'utf8'))
  if (!isObject(document) || typeof document['name'] !== 'string' || typeof document['area'] !== 'string')
    throw new Error('no scenario: it has no name or no area')
  if (!Array.isArray(document['steps']) || document['steps'].length === 0) throw new Error('a scenario without steps')
  return { ...(document as unknown as Omit<Scenario, 'file'>), file }
}

export interface World {
  readonly components: readonly { readonly name: string; readonly ui_url: string | null }[]
  readonly services: readonly {
    readonly name: string
    readonly component: string
    readonly type: string
    readonly endpoints: readonly JsonObject[]
  }[]
  readonly identifiers: { readonly application: bigint; readonly membership: bigint; readonly serial: bigint }
}

export function readWorld(file: string): World {
  return readJson(readFileSync(file, 'utf8')) as unknown as World
}
