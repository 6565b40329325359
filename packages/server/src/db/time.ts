/**
 * Seconds since 1970 with their fraction, as `extract(epoch from …)::text` writes them, as a date of the API:
 * microseconds, UTC, no fraction where it is zero. Source: overview, 9.
 */
export function timeOf(epoch: string): string {
  const [seconds = '0', fraction = ''] = epoch.split('.')
  const date = new Date(Number(seconds) * 1000).toISOString().slice(0, 19)
  const microseconds = fraction.padEnd(6, '0').slice(0, 6)
  return microseconds === '000000' ? `${date}+00:00` : `${date}.${microseconds}+00:00`
}
