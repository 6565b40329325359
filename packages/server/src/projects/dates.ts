/** Dates as they come in. Source: overview, 9. */

const ZONE = '(Z|UTC|GMT|[+-]\\d{2}(?::?\\d{2})?)'
const TIME = '(\\d{1,2}):(\\d{1,2})(?::(\\d{1,2})(?:\\.(\\d+))?)?'
const ISO = new RegExp(`^(\\d{4})-(\\d{1,2})-(\\d{1,2})[T ]${TIME} ?${ZONE}$`, 'i')

/** O-18: the notation of mail is understood, too. */
const MAIL = new RegExp(`^(?:([a-z]{3}), ?)?(\\d{1,2}) ([a-z]{3}) (\\d{4}) ${TIME} ${ZONE}$`, 'i')
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/**
 * Reads a date that names its zone.
 *
 * @returns the same moment in UTC as the API writes it, which PostgreSQL reads as a `timestamptz`; null: it is none.
 */
export function parseDate(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const iso = ISO.exec(value)
  if (iso !== null) {
    const [, year, month, day, ...timeAndZone] = iso
    return utcOf(dayOf(Number(year), Number(month), Number(day)), timeAndZone)
  }
  const mail = MAIL.exec(value)
  if (mail === null) return null
  const [, weekday, day, month = '', year, ...timeAndZone] = mail
  const date = dayOf(Number(year), MONTHS.indexOf(month.toLowerCase()) + 1, Number(day))
  // A name that belongs to another day tells of a mistake, and nobody knows of which.
  if (weekday !== undefined && date?.getUTCDay() !== DAYS.indexOf(weekday.toLowerCase())) return null
  return utcOf(date, timeAndZone)
}

function dayOf(year: number, month: number, day: number): Date | null {
  const date = new Date(0)
  // Not `Date.UTC`, which takes the first hundred years for those since 1900.
  date.setUTCFullYear(year, month - 1, day)
  // What is no day of the calendar was moved to one that is.
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  return isReal && year > 0 ? date : null
}

/** @param fields hour, minute, second, fraction and zone. */
function utcOf(day: Date | null, fields: readonly (string | undefined)[]): string | null {
  const [hour, minute, second = '0', fraction = '', zone = ''] = fields
  const offset = minutesOf(zone)
  if (day === null || offset === null) return null
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null
  const date = new Date(day)
  date.setUTCHours(Number(hour), Number(minute) - offset, Number(second))
  // The offset may have led out of the years that four digits can tell.
  if (date.getUTCFullYear() < 1 || date.getUTCFullYear() > 9999) return null
  // A `Date` knows milliseconds only, so the fraction goes past it.
  const microseconds = fraction.padEnd(6, '0').slice(0, 6)
  const seconds = date.toISOString().slice(0, 19)
  return microseconds === '000000' ? `${seconds}+00:00` : `${seconds}.${microseconds}+00:00`
}

/** East of Greenwich; null: nowhere. */
function minutesOf(zone: string): number | null {
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? []
  if (sign === undefined) return 0
  if (Number(hours) > 23 || Number(minutes) > 59) return null
  return (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1)
}
