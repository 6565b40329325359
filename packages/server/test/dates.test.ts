import fc from 'fast-check'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { timeOf } from '../src/db/time.ts'
import { parseDate } from '../src/projects/dates.ts'
import { databases, startServer } from './support/postgres.ts'
import { postsOf } from './support/recorded.ts'

describe('a date that comes in', () => {
  it.each([
    ['2113-05-05T20:20:20Z', '2113-05-05T20:20:20+00:00'],
    ['2113-5-5T20:20:20Z', '2113-05-05T20:20:20+00:00'],
    ['2113-01-01T0:0Z', '2113-01-01T00:00:00+00:00'],
    ['2113-1-1 1:2:3z', '2113-01-01T01:02:03+00:00'],
    ['2040-06-01t00:00z', '2040-06-01T00:00:00+00:00'],
    ['2040-06-01 00:00 UTC', '2040-06-01T00:00:00+00:00'],
    ['2040-06-01 00:00:00 GMT', '2040-06-01T00:00:00+00:00'],
    ['2040-06-01T02:00:00+02:00', '2040-06-01T00:00:00+00:00'],
    ['2040-06-01T02:00:00+0200', '2040-06-01T00:00:00+00:00'],
    ['2040-06-01T02:00:00 +02', '2040-06-01T00:00:00+00:00'],
    ['2040-05-31T14:30:00-09:30', '2040-06-01T00:00:00+00:00'],
    ['2040-06-01T00:00:00-00:00', '2040-06-01T00:00:00+00:00'],
    ['2039-12-31T23:59:59-23:59', '2040-01-01T23:58:59+00:00'],
    ['2040-06-01T00:00:00.5Z', '2040-06-01T00:00:00.500000+00:00'],
    ['2040-06-01T00:00:00.123456999999999999Z', '2040-06-01T00:00:00.123456+00:00'],
    ['2040-06-01T00:00:00.0000001Z', '2040-06-01T00:00:00+00:00'],
    ['2040-02-29T00:00:00Z', '2040-02-29T00:00:00+00:00'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00+00:00'],
    ['0099-12-31T23:30:00-01:00', '0100-01-01T00:30:00+00:00'],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999+00:00'],
    ['Fri, 01 Jun 2040 00:00:00 GMT', '2040-06-01T00:00:00+00:00'],
    ['1 JUN 2040 02:00 +0200', '2040-06-01T00:00:00+00:00'],
  ])('%s is %s', (text, date) => {
    expect(parseDate(text)).toBe(date)
  })

  it.each([
    ['without a zone', ['2113-05-05', '2113-05-05T00:00:00', '2113-05-05 00:00', 'Fri, 01 Jun 2040 00:00:00']],
    ['without a time', ['2113-05-05Z', '2113-05-05 UTC', '2113-05-05+02:00', '2113-05-05T12Z']],
    ['that is no day', ['2040-13-01T00:00Z', '2040-00-01T00:00Z', '2040-02-30T00:00Z', '2040-06-00T00:00Z']],
    ['that is no leap day', ['2041-02-29T00:00Z', '2100-02-29T00:00Z', '29 Feb 2041 00:00 GMT']],
    ['of the year 0', ['0000-01-01T00:00Z', '01 Jan 0000 00:00 GMT']],
    ['that is no time', ['2040-06-01T24:00Z', '2040-06-01T00:60Z', '2040-06-01T00:00:60Z', '2040-06-01T00:00.5Z']],
    ['of no offset', ['2040-06-01T00:00+24:00', '2040-06-01T00:00+00:60', '2040-06-01T00:00+2', '2040-06-01T00:00CET']],
    [
      'out of range',
      ['0001-01-01T00:00+00:01', '9999-12-31T23:59:59-00:01', '12040-06-01T00:00Z', '-2040-06-01T00:00Z'],
    ],
    [
      'of another weekday',
      ['Thu, 01 Jun 2040 00:00:00 GMT', 'Xyz, 01 Jun 2040 00:00:00 GMT', 'Fri, 01 Jux 2040 0:0 GMT'],
    ],
    ['in other digits', ['٢٠٤٠-06-01T00:00Z', '2040-06-01T00:00:00.５Z']],
    [
      'with something around it',
      [' 2040-06-01T00:00Z', '2040-06-01T00:00Z\n', '2040-06-01T00:00Z x', '2040-06-01T00:00ZZ'],
    ],
    ['that is another text', ['', ' ', 'tomorrow', 'soon', 'now', 'infinity', '2040', 'Z', '40-06-01T00:00Z']],
    ['that is no text', [null, undefined, 2040, 2040n, true, [], ['2040-06-01T00:00:00Z'], {}, new Date(0)]],
  ])('%s is none', (_, values) => {
    expect(values.map(parseDate)).toEqual(values.map(() => null))
  })

  it('is read, or refused, as was recorded', () => {
    // A date that lies in the past is one.
    const posts = postsOf('054-project-create-dates').filter(({ comment }) => comment !== 'end date: in the past')
    expect(posts).toHaveLength(14)
    for (const { comment, body, status } of posts) {
      const dates = [body['start_date'], body['end_date']].filter((date) => date !== undefined)
      const isRead = dates.every((date) => parseDate(date) !== null)
      expect(isRead, comment).toBe(status === 201)
    }
  })

  const microseconds = fc.tuple(
    fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }),
    fc.nat(999_999),
  )
  const wireOf = ([date, fraction]: [Date, number]): string =>
    `${date.toISOString().slice(0, 19)}${fraction === 0 ? '' : `.${String(fraction).padStart(6, '0')}`}+00:00`

  it('of the wire stays as it is', () => {
    fc.assert(fc.property(microseconds, (moment) => parseDate(wireOf(moment)) === wireOf(moment)))
  })

  it('is one moment at every offset', () => {
    const offsets = fc.integer({ min: -1439, max: 1439 })
    fc.assert(
      fc.property(microseconds, offsets, ([date, fraction], offset) => {
        const local = new Date(date.getTime() + offset * 60_000)
        fc.pre(local.getUTCFullYear() >= 1 && local.getUTCFullYear() <= 9999)
        const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60]
        const zone = `${offset < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`
        const text = wireOf([local, fraction]).replace('+00:00', zone)
        expect(parseDate(text)).toBe(wireOf([date, fraction]))
      }),
    )
  })

  it('never fails, and what it reads it reads again', () => {
    const pieces = fc.constantFrom('2040', '-', '06', '1', 'T', ' ', ':', '.', '0', 'Z', '+', 'GMT', 'Jun', 'Fri, ')
    const texts = fc.oneof(
      fc.string(),
      fc.array(pieces, { maxLength: 14 }).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(fc.oneof(texts, fc.anything()), (value) => {
        const date = parseDate(value)
        if (date !== null) expect(parseDate(date)).toBe(date)
      }),
    )
  })
})

for (const database of databases) {
  describe(`a date that comes in, on ${database.name}`, () => {
    it('is stored to the microsecond, whatever the zone of the connection', async () => {
      const dates = [
        '0001-01-01T00:00:00+00:00',
        '2040-06-01T00:00:00.000001+00:00',
        '2113-05-05T20:20:20.957632+00:00',
        '9999-12-31T23:59:59.999999+00:00',
      ]
      const { connection } = await startServer(database)
      const client = new pg.Client({ ...connection, options: '-c timezone=Asia/Tokyo' })
      await client.connect()
      try {
        const { rows } = await client.query<{ epoch: string }>(
          'select extract(epoch from date)::text as epoch from unnest($1::timestamptz[]) as date',
          [dates.map(parseDate)],
        )
        expect(rows.map(({ epoch }) => timeOf(epoch))).toEqual(dates)
      } finally {
        await client.end()
      }
    })
  })
}
