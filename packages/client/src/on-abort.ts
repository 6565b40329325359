interface Watch {
  readonly callbacks: Set<() => void>
  readonly listener: () => void
}

const watches = new WeakMap<AbortSignal, Watch>()

/**
 * Calls back when the signal is aborted, until the returned function is called. All who wait share one listener: a
 * signal may stand for hundreds of calls, and Node warns of a leak at the eleventh.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (!signal) return nothing
  const watch = watches.get(signal) ?? begin(signal)
  const own = (): void => callback() // of its own, so that one function may be called for twice
  watch.callbacks.add(own)
  return () => {
    watch.callbacks.delete(own)
    if (watch.callbacks.size > 0 || watches.get(signal) !== watch) return
    watches.delete(signal)
    signal.removeEventListener('abort', watch.listener)
  }
}

function begin(signal: AbortSignal): Watch {
  const callbacks = new Set<() => void>()
  const listener = (): void => {
    for (const callback of callbacks) callback()
  }
  const watch = { callbacks, listener }
  watches.set(signal, watch)
  signal.addEventListener('abort', listener)
  return watch
}

function nothing(): void {}
