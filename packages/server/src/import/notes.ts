/** What came of how many rows. */
export interface Note {
  readonly what: string
  readonly rows: number
}

export interface Reasoned extends Note {
  readonly why: string
}

/** What an import did, kept as it goes along. */
export class Notes {
  readonly carried: Note[] = []
  readonly #changed = new Map<string, Reasoned>()
  readonly #leftOut = new Map<string, Reasoned>()
  /** For whoever runs the service, in the order of their coming. */
  readonly steps: string[] = []
  readonly #onProgress: (what: string, rows: number) => void

  constructor(onProgress: (what: string, rows: number) => void) {
    this.#onProgress = onProgress
  }

  get changed(): Reasoned[] {
    return [...this.#changed.values()]
  }

  get leftOut(): Reasoned[] {
    return [...this.#leftOut.values()]
  }

  progress(what: string, rows: number): void {
    this.#onProgress(what, rows)
  }

  carry(what: string, rows: number): void {
    this.carried.push({ what, rows })
  }

  change(what: string, why: string, rows = 1): void {
    add(this.#changed, { what, why, rows })
  }

  leaveOut(what: string, why: string, rows = 1): void {
    add(this.#leftOut, { what, why, rows })
  }
}

function add(notes: Map<string, Reasoned>, { what, why, rows }: Reasoned): void {
  if (rows === 0) return
  const key = `${what}\0${why}`
  notes.set(key, { what, why, rows: rows + (notes.get(key)?.rows ?? 0) })
}
