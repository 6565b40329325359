import { parseExact } from 'astakosclient/wire'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Inexact } from '../src/http/json.ts'
import { parseQuantity } from '../src/projects/quantity-text.ts'
import { postsOf } from './support/recorded.ts'

const INF = 9223372036854775807n

describe('a quantity', () => {
  it.each([
    ['7', 7n],
    ['10.', 10n],
    ['007', 7n],
    ['2k', 2048n],
    ['1KB', 1024n],
    ['1kib', 1024n],
    ['1.5M', 1572864n],
    ['1 MB', 1048576n],
    ['1.5GiB', 1610612736n],
    ['10 GB', 10737418240n],
    ['3 GiB ', 3221225472n],
    ['1t', 1024n ** 4n],
    ['1TiB', 1024n ** 4n],
    ['1P', 1024n ** 5n],
    ['1pb', 1024n ** 5n],
    ['7bytes', 7n],
    ['7 BYTES', 7n],
    ['7.9 Bytes', 7n],
    ['0.0009765624k', 0n],
    ['0.0009765625k', 1n],
    ['9007199254740993', 9007199254740993n],
    ['8191.999999999999999P', 9223372036854775806n],
    ['9223372036854775808', INF + 1n],
    ['8192P', INF + 1n],
    ['inf', INF],
    ['infinite', INF],
    [`${'9'.repeat(99)}k`, (10n ** 99n - 1n) * 1024n],
  ])('%s is %d', (text, quantity) => {
    expect(parseQuantity(text)).toBe(quantity)
  })

  it('that is a JSON integer is taken as it is', () => {
    for (const text of ['0', '7', '-1', '9007199254740993', String(INF), `-${INF}`, '1'.repeat(200)])
      expect(parseQuantity(parseExact(text))).toBe(BigInt(text))
  })

  it.each([
    ['with a sign', ['-5', '+5', '-1k', '- 1']],
    ['with something before it', [' 5', '\t5', '.5', 'x5', 'k']],
    [
      'with a unit that nobody knows',
      ['5 x', '5 members', '5b', '5ki', '5 k b', '5kbytes', '5e', '5byte', '5 E', '5EB'],
    ],
    ['with letters whose capitals look like a unit', ['5\u212a', '5k\u0131b', '5byte\u017f']],
    ['with an exponent, another base or another comma', ['1e3', '0x10', '1,5', '1_000', '1.5.5', '1. 5k']],
    ['in other digits', ['\u0665', '\uff15']],
    ['that is another text', ['', ' ', 'x', 'many', 'Inf', 'INFINITE', 'infinity', 'inf ', 'NaN', 'null']],
    ['that is too long', ['1'.repeat(101), `1${' '.repeat(100)}k`, '9'.repeat(10_000_000)]],
    ['that is no integer', [2.5, NaN, Infinity, 2 ** 53, new Inexact('1.0'), new Inexact('1e2')]],
    ['of another type', [null, undefined, true, false, [], [5], {}, { k: 1 }]],
  ])('%s is none', (_, values) => {
    expect(values.map(parseQuantity)).toEqual(values.map(() => null))
  })

  it('is read, or refused, as was recorded', () => {
    const posts = postsOf('056-project-create-max-members')
    expect(posts).toHaveLength(23)
    for (const { comment, body, status } of posts) {
      // O-10 and O-11: what is better here.
      const isBetter = comment === 'a boolean' || comment === 'the unit bytes'
      const quantity = parseQuantity(body['max_members'])
      const isAccepted = quantity !== null && quantity >= 0n && quantity <= INF
      expect(isAccepted, comment).toBe((status === 201) !== isBetter)
    }
  })

  const units = fc
    .constantFrom('', 'k', 'm', 'g', 't', 'p')
    .chain((prefix) =>
      fc.tuple(
        fc.constant(1024n ** BigInt(['', 'k', 'm', 'g', 't', 'p'].indexOf(prefix))),
        fc.mixedCase(
          prefix === '' ? fc.constantFrom('', 'bytes') : fc.constantFrom(prefix, `${prefix}b`, `${prefix}ib`),
        ),
      ),
    )
  const quantities = fc.bigInt({ min: 0n, max: 2n ** 80n })

  it('of any unit is that many of it, with a blank or without', () => {
    fc.assert(
      fc.property(quantities, units, fc.constantFrom('', ' '), (quantity, [factor, unit], blank) => {
        expect(parseQuantity(`${quantity}${blank}${unit}`)).toBe(quantity * factor)
      }),
    )
  })

  it('that is written in full with decimals comes out again', () => {
    fc.assert(
      fc.property(quantities, units, (quantity, [factor, unit]) => {
        // A power of two has no more decimals than its exponent, which is fifty at most.
        const digits = ((quantity * 10n ** 50n) / factor).toString().padStart(51, '0')
        const text = `${digits.slice(0, -50)}.${digits.slice(-50)}${unit}`
        expect(parseQuantity(text)).toBe(quantity)
      }),
    )
  })

  it('never fails to be read or refused', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const quantity = parseQuantity(value)
        expect(quantity === null || typeof quantity === 'bigint').toBe(true)
      }),
    )
  })
})
