import type { Answer } from './http.ts'
import type { Request, Stage } from './stage.ts'

/** One question, and the word of the table for its answer. */
export interface Cell {
  readonly action: string
  readonly actor: string
  readonly state: string
  readonly expected: string
}

/** What has to be so after an action that was done. */
export interface Done {
  readonly status: 200 | 201
  /** What the action is about; everything else stays as it was. The patterns begin where keys of a snapshot do. */
  readonly mayChange: readonly RegExp[]
  /** @returns a line for each thing that is wrong. */
  check(answer: Answer): Promise<string[]>
}

/** An action of a cell where it is going to take place. */
export interface Play {
  readonly cell: Cell
  /** Null: without a token. */
  readonly actor: string | null
  readonly request: Request
  /** The uuid of the project that is looked at. */
  readonly project: string
  /** Fills the braces of a refusal. */
  readonly names: Readonly<Record<string, string>>
  readonly done: Done
}

/** A project with its people, and the cells that are played on it one after the other. */
export interface Scene {
  readonly cells: readonly Cell[]
  /** While all accounts work. */
  prepare(): Promise<void>
  /** After some were deactivated, right before the cells. */
  settle?(): Promise<void>
  /** Right before a cell that changes something. */
  renew?(): Promise<void>
  play(cell: Cell): Play
}

export interface Machine {
  /** As in: projects. */
  readonly name: string
  readonly actions: readonly string[]
  readonly actors: readonly string[]
  readonly states: readonly string[]
  scenes(stage: Stage): Scene[]
}

/** What is wrong with a cell. */
export interface Failure {
  readonly machine: string
  readonly cell: Cell
  readonly problems: readonly string[]
  /** Why the cell could not be played at all. */
  readonly flaw: string | null
}
