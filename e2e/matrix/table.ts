/** A table as it stands in the specification: what is in it is read by people first. */
export interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly string[]
  at(row: string, column: string): string
  /** For a test of the tests. */
  with(row: string, column: string, word: string): Table
}

/** Words are apart by two blanks or more, so that they may have one in them. The first line names the columns. */
export function table(text: string): Table {
  const [head = '', ...lines] = text.split('\n').filter((line) => line.trim() !== '')
  const columns = wordsOf(head)
  const cells = new Map<string, ReadonlyMap<string, string>>()
  for (const line of lines) {
    const [row = '', ...words] = wordsOf(line)
    if (cells.has(row)) throw new RangeError(`There are two rows ${row}`)
    if (words.length !== columns.length) throw new RangeError(`Not a word for each column: ${line.trim()}`)
    cells.set(row, new Map(columns.map((column, index) => [column, words[index] ?? ''])))
  }
  return tableOf(columns, cells)
}

function tableOf(columns: readonly string[], cells: ReadonlyMap<string, ReadonlyMap<string, string>>): Table {
  const at = (row: string, column: string): string => {
    const word = cells.get(row)?.get(column)
    if (word === undefined) throw new RangeError(`The table says nothing of ${row} and ${column}`)
    return word
  }
  return {
    columns,
    rows: [...cells.keys()],
    at,
    with(row, column, word) {
      at(row, column)
      return tableOf(columns, new Map(cells).set(row, new Map(cells.get(row)).set(column, word)))
    },
  }
}

function wordsOf(line: string): string[] {
  return line.trim().split(/ {2,}/)
}
