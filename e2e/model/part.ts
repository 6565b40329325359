import type { Crowd } from './concurrent.ts'
import type { Played } from './program.ts'
import type { Stage } from './stage.ts'
import type { ServiceProcess } from './service-process.ts'
import type { ServiceSettings } from '../../packages/server/src/settings.ts'

/** Programs of one kind: where they are played, and how. */
export interface Part<P extends { readonly number: number; readonly steps: readonly unknown[] }> {
  readonly settings: Partial<ServiceSettings>
  open(databaseUrl: string | null): Promise<Stage>
  generate(seed: number, number: number): P
  play(program: P, stage: Stage): Promise<Played>
  listing(program: P): string[]
  /** Everything at once. @returns the names of the answers, and what was wrong. */
  together(
    seed: number,
    crowd: Crowd,
    stage: Stage,
    services: readonly { readonly process: ServiceProcess; readonly baseUrl: string }[],
  ): Promise<{ readonly answers: readonly string[]; readonly problems: readonly string[] }>
}
