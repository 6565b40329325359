const MINUTE_MS = 60_000

/** What a mail server may have taken is not sent again in less. */
export const PAUSE_MS_MIN: number = MINUTE_MS
const PAUSE_MS_MAX = 60 * MINUTE_MS
const AGE_MS_MAX = 3 * 24 * 60 * MINUTE_MS

/**
 * After 1, 2, 4 … 60 minutes again; null: it is given up. Also after a 5xx: more often than not it is a relay that is set up
 * wrong, and in three days somebody sees to that.
 *
 * @param attempts those that failed.
 */
export function pauseAfter(attempts: number, ageMs: number): number | null {
  if (ageMs > AGE_MS_MAX) return null
  return Math.min(PAUSE_MS_MIN * 2 ** (attempts - 1), PAUSE_MS_MAX)
}
