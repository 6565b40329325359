/** A line that says how far it is, for whoever watches. */
export interface Progress extends Disposable {
  readonly show: (what: string, rows: number) => void
  readonly clear: () => void
}

const CLEAR_LINE = '\r\u001B[K'

/** Silent where nobody watches. */
export function progressOn(stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>): Progress {
  let isShown = false
  const clear = (): void => {
    if (isShown) stream.write(CLEAR_LINE)
    isShown = false
  }
  return {
    show(what, rows) {
      if (!stream.isTTY) return
      isShown = true
      stream.write(`${CLEAR_LINE}${what}: ${rows}`)
    },
    clear,
    [Symbol.dispose]: clear,
  }
}
