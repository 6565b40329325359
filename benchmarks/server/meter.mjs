/**
 * Measures calls that go on for so many milliseconds, once they are in full swing: the first ones meet an idle service.
 * Those that are under way at the end are waited for and count too: a batch ends many at once, and to cut through one
 * would make the figure a matter of luck.
 */
export function meterOf(ms) {
  const from = performance.now() + Math.min(300, ms / 3)
  const took = []
  let [calls, last] = [0, 0]
  return {
    isRunning: () => performance.now() < from + ms,
    /** A call that began then has ended now. */
    count(began) {
      calls += 1
      last = performance.now()
      if (last >= from) took.push(last - began)
    },
    /** Calls a second, and milliseconds that half and 99 of 100 did not exceed; all calls, counted or not. */
    figures() {
      took.sort((a, b) => a - b)
      const at = (share) => took[Math.min(took.length - 1, Math.floor(took.length * share))]
      return { rate: (took.length * 1000) / (last - from), p50: at(0.5), p99: at(0.99), calls }
    },
  }
}
