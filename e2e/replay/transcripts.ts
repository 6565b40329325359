import { readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseExact } from 'astakosclient'

export type Json = Record<string, unknown>

export interface Step {
  readonly n: number
  readonly request?: Json
  readonly response?: Json
}
export interface Scenario {
  readonly file: string
  readonly name: string
  readonly area: string
  readonly steps: readonly Step[]
}

/** All scenarios of a folder, numbers exact. */
export function readScenarios(folder: string): Scenario[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return files.sort().map((file) => ({ ...(readJson(join(folder, file)) as Scenario), file: basename(file) }))
}

export function readJson(file: string): unknown {
  return parseExact(readFileSync(file, 'utf8'))
}
