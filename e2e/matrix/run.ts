import { brokenInvariants } from './invariants.ts'
import { judge } from './judge.ts'
import type { Cell, Failure, Machine, Scene } from './matrix.ts'
import { settlePending } from './pending.ts'
import { snapshot, type Snapshot } from './snapshot.ts'
import type { Stage } from './stage.ts'
import { changesSomething } from './tables.ts'

export interface Tally {
  readonly machine: Machine
  readonly cells: number
  readonly failed: number
}

export interface Outcome {
  readonly tallies: readonly Tally[]
  readonly failures: readonly Failure[]
  /** Of the whole database, after a scene or at the end. */
  readonly broken: readonly string[]
}

interface Entry {
  readonly machine: Machine
  readonly scene: Scene
  /** Why it could not be prepared. */
  flaw: string | null
}

/** Scenes are prepared this many at a time. */
const BUILDERS = 4

/** How often all of the database is looked at, which takes longer the more there is. */
const SCENES_BETWEEN = 20

/** All in one world: what is refused shares its project with whatever else is refused there. */
export async function runMatrix(
  stage: Stage,
  machines: readonly Machine[],
  onProgress: (scenes: number, of: number) => void = () => undefined,
): Promise<Outcome> {
  await stage.reset()
  const entries = machines.flatMap((machine) =>
    machine.scenes(stage).map((scene): Entry => ({ machine, scene, flaw: null })),
  )
  const waiting = [...entries]
  await Promise.all(
    Array.from({ length: BUILDERS }, async () => {
      for (let entry = waiting.shift(); entry; entry = waiting.shift())
        await attempt(entry, () => entry?.scene.prepare())
    }),
  )
  await stage.deactivate()

  const failures: Failure[] = []
  const broken: string[] = []
  for (const [index, entry] of entries.entries()) {
    onProgress(index, entries.length)
    await attempt(entry, () => entry.scene.settle?.())
    failures.push(...(await playScene(stage, entry)))
    // Within a project they were looked at after each cell.
    if (index % SCENES_BETWEEN === 0)
      broken.push(...(await brokenInvariants(stage.database, null)).map((line) => `after scene ${index}: ${line}`))
  }
  broken.push(...(await settlePending(stage)))
  const tallies = machines.map((machine) => ({
    machine,
    cells: entries.filter((entry) => entry.machine === machine).reduce((sum, { scene }) => sum + scene.cells.length, 0),
    failed: failures.filter((failure) => failure.machine === machine.name).length,
  }))
  return { tallies, failures, broken }
}

async function attempt(entry: Entry, work: () => Promise<void> | undefined): Promise<void> {
  if (entry.flaw !== null) return
  try {
    await work()
  } catch (error) {
    entry.flaw = error instanceof Error ? error.message : String(error)
  }
}

async function playScene(stage: Stage, { machine, scene, flaw }: Entry): Promise<Failure[]> {
  const failed = (cell: Cell, problems: readonly string[]): Failure => ({ machine: machine.name, cell, problems, flaw })
  if (flaw !== null) return scene.cells.map((cell) => failed(cell, []))
  const failures: Failure[] = []
  let seen: Snapshot | null = null
  for (const cell of scene.cells) {
    try {
      if (scene.renew && changesSomething(cell)) {
        await scene.renew()
        seen = null
      }
      const play = scene.play(cell)
      const before: Snapshot = seen?.project === play.project ? seen : await snapshot(stage.database, play.project)
      const { problems, after } = await judge(stage, play, before)
      if (problems.length > 0) failures.push(failed(cell, problems))
      seen = after
    } catch (error) {
      // An answer of another form than expected, for one.
      failures.push(failed(cell, [String(error)]))
      seen = null
    }
  }
  return failures
}
