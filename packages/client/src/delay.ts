import { onAbort } from './on-abort.ts'

/** Timers that should take longer fire at once instead. */
export const LONGEST_MS = 0x7fffffff

/** Rejects with the signal's reason as soon as it is aborted. */
export function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error)
    const done = (): void => {
      ignoreAbort()
      resolve()
    }
    const timer = setTimeout(done, Math.min(ms, LONGEST_MS))
    const ignoreAbort = onAbort(signal, () => {
      clearTimeout(timer)
      ignoreAbort()
      reject(signal?.reason as Error)
    })
  })
}
