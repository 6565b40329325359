import { describe, expect, it } from 'vitest'
import { BadValue } from '../src/errors.ts'
import { mkProvisions } from '../src/provisions.ts'
import { effectiveQuota, formatQuantity, parseQuantity } from '../src/quantities.ts'
import type { UnitStyle } from '../src/quantities.ts'
import { UNLIMITED } from '../src/wire/quantity.ts'
import type { Quota } from '../src/wire/types.ts'

const KIB = 1024n
const MIB = KIB ** 2n
const GIB = KIB ** 3n
const TIB = KIB ** 4n
const PIB = KIB ** 5n

const argumentOf = (body: () => unknown): string => {
  try {
    body()
  } catch (error) {
    expect(error).toBeInstanceOf(BadValue)
    return (error as BadValue).argument
  }
  throw new Error('did not throw')
}

describe('formatQuantity', () => {
  it.each<[bigint | number, UnitStyle | undefined, string]>([
    [10737418240n, undefined, '10.0 GB'],
    [0n, 'auto', '0 bytes'],
    [1, 'auto', '1 bytes'],
    [1023n, 'auto', '1023 bytes'],
    [1024, 'auto', '1.00 kB'],
    [1536n, 'auto', '1.50 kB'],
    [10n * KIB, 'auto', '10.0 kB'],
    [MIB, 'auto', '1.00 MB'],
    [32n * GIB, 'auto', '32.0 GB'],
    [TIB, 'auto', '1.00 TB'],
    [PIB, 'auto', '1.00 PB'],
    [5000n * PIB, 'auto', '5000.0 PB'],
    [UNLIMITED - 1n, 'auto', '8192.0 PB'],
    [10737418240n, 'b', '10737418240 bytes'],
    [8n * GIB, 'mb', '8192.0 MB'],
    [0n, 'mb', '0.000 MB'],
    [1n, 'mb', '0.000 MB'],
    [MIB / 2n, 'mb', '0.500 MB'],
    [GIB, 'kb', '1048576.0 kB'],
    [GIB, 'gb', '1.00 GB'],
    [GIB, 'tb', '0.001 TB'],
    [GIB, 'pb', '0.000 PB'],
    [10737418240n, 'none', '10737418240'],
  ])('writes %s bytes in style %s as %s', (quantity, style, text) => {
    expect(formatQuantity(quantity, 'bytes', style)).toBe(text)
  })

  it('writes unlimited as inf, except in style none', () => {
    for (const unit of ['bytes', null, undefined, 'files']) {
      for (const style of ['auto', 'b', 'kb', 'pb'] as const) expect(formatQuantity(UNLIMITED, unit, style)).toBe('inf')
      expect(formatQuantity(UNLIMITED, unit, 'none')).toBe('9223372036854775807')
    }
  })

  it('writes the plain number for any unit other than bytes', () => {
    for (const unit of [null, undefined, '', 'Bytes', 'VMs', '__proto__']) {
      for (const style of ['auto', 'b', 'gb', 'none'] as const) expect(formatQuantity(2048n, unit, style)).toBe('2048')
    }
    expect(formatQuantity(-0)).toBe('0')
  })

  it('chooses unit and decimals before it rounds', () => {
    expect(formatQuantity(MIB - 1n, 'bytes')).toBe('1024.0 kB')
    expect(formatQuantity(10n * KIB - 1n, 'bytes')).toBe('10.00 kB')
    expect(formatQuantity(MIB - 1n, 'bytes', 'mb')).toBe('1.000 MB')
  })

  // 0.0625, 0.1875, 1.125, 1.375, 10.25 and 10.75 kB: what C's printf makes of them.
  it.each<[bigint, UnitStyle, string]>([
    [64n, 'kb', '0.062 kB'],
    [192n, 'kb', '0.188 kB'],
    [1152n, 'kb', '1.12 kB'],
    [1408n, 'kb', '1.38 kB'],
    [10496n, 'kb', '10.2 kB'],
    [11008n, 'kb', '10.8 kB'],
    [10497n, 'kb', '10.3 kB'],
  ])('rounds a tie to the even digit: %s in style %s', (quantity, style, text) => {
    expect(formatQuantity(quantity, 'bytes', style)).toBe(text)
  })

  it('is exact where a double is not', () => {
    // The same double, but the second is one byte above the tie.
    const tie = 10n * PIB + PIB / 4n
    expect(formatQuantity(tie, 'bytes')).toBe('10.2 PB')
    expect(formatQuantity(tie + 1n, 'bytes')).toBe('10.3 PB')
    expect(Number(tie)).toBe(Number(tie + 1n))
  })

  it('writes a negative quantity like its opposite', () => {
    expect(formatQuantity(-1n, 'bytes')).toBe('-1 bytes')
    expect(formatQuantity(-1536, 'bytes')).toBe('-1.50 kB')
    expect(formatQuantity(-10737418240n, 'bytes')).toBe('-10.0 GB')
    expect(formatQuantity(-1n, 'bytes', 'mb')).toBe('-0.000 MB')
    expect(formatQuantity(-UNLIMITED, 'bytes')).toBe('-8192.0 PB')
    expect(formatQuantity(-UNLIMITED - 1n, 'bytes', 'none')).toBe('-9223372036854775808')
    expect(formatQuantity(-5n)).toBe('-5')
  })

  it('refuses what is no quantity', () => {
    for (const bad of [
      null,
      undefined,
      NaN,
      1.5,
      2 ** 53,
      Infinity,
      UNLIMITED + 1n,
      -UNLIMITED - 2n,
      '5',
      {},
      [],
      true,
    ]) {
      expect(argumentOf(() => formatQuantity(bad as bigint, 'bytes'))).toBe('quantity')
    }
  })

  it('refuses units of another type and unknown styles', () => {
    for (const bad of [1, {}, [], false]) expect(argumentOf(() => formatQuantity(1n, bad as string))).toBe('unit')
    for (const bad of ['', 'GB', 'eb', 'bytes', '__proto__', 'constructor', null, 0, {}, ['kb']]) {
      expect(argumentOf(() => formatQuantity(1n, null, bad as UnitStyle))).toBe('style')
    }
  })
})

describe('parseQuantity', () => {
  it.each<[string, bigint]>([
    ['0', 0n],
    ['007', 7n],
    ['10.', 10n],
    ['10.9', 10n],
    ['10GiB', 10n * GIB],
    ['10 GB', 10n * GIB],
    ['10.G', 10n * GIB],
    ['1.5GiB', 1610612736n],
    ['1.5M', MIB + MIB / 2n],
    ['1k', KIB],
    ['1Kb', KIB],
    ['1kiB', KIB],
    ['1m', MIB],
    ['1mIB', MIB],
    ['1t', TIB],
    ['1TB', TIB],
    ['1 tib', TIB],
    ['1p', PIB],
    ['1Pb', PIB],
    ['1PIB', PIB],
    ['20 bytes', 20n],
    ['20Bytes', 20n],
    ['20 BYTES ', 20n],
    ['1.9bytes', 1n],
    ['inf', UNLIMITED],
    ['infinite', UNLIMITED],
    ['9223372036854775807', UNLIMITED],
    ['9223372036854775808', UNLIMITED + 1n],
    ['8192PiB', UNLIMITED + 1n],
    ['9007199254740993', 9007199254740993n],
    ['0.0009765625k', 1n],
    ['0.0009765624999999999999999999999k', 0n],
    ['0.1P', 112589990684262n],
  ])('reads %s', (text, quantity) => {
    expect(parseQuantity(text)).toBe(quantity)
  })

  it('reads bytes in any case (O-11)', () => {
    for (const unit of ['bytes', 'Bytes', 'BYTES', 'bYtEs']) expect(parseQuantity(`3 ${unit}`)).toBe(3n)
  })

  it('is exact however many decimals there are', () => {
    const grain = `0.${(10n ** 50n / PIB).toString().padStart(50, '0')}` // 2^-50, all of its decimals
    expect(parseQuantity(`${grain}P`)).toBe(1n)
    expect(parseQuantity(`${grain}${'0'.repeat(1000)}P`)).toBe(1n)
    expect(parseQuantity(`${grain.slice(0, -1)}4${'9'.repeat(1000)}P`)).toBe(0n)
    expect(parseQuantity(`0.${'9'.repeat(1000)}P`)).toBe(PIB - 1n)
  })

  it.each([
    '',
    ' ',
    '-5',
    '+5',
    ' 5',
    'x',
    '5 x',
    '1e3',
    '0x10',
    '1_000',
    '1,5',
    '.5',
    '.',
    '5..5',
    '1.5.5',
    '5b',
    '5 byte',
    '5KiBs',
    '5 K B',
    '5GG',
    'INF',
    'Inf',
    'Infinite',
    'infinity',
    'inf ',
    ' inf',
    '-inf',
    'NaN',
    '٣',
    '3٣',
    '５',
    '5\0',
    '5 \u212a',
    '5byteſ',
    '5kıb',
  ])('refuses %j', (text) => {
    expect(argumentOf(() => parseQuantity(text))).toBe('text')
  })

  it('refuses what is no text', () => {
    for (const bad of [null, undefined, 5, 5n, NaN, {}, ['5'], true]) {
      expect(argumentOf(() => parseQuantity(bad as string))).toBe('text')
    }
  })

  it('names an example and not the text, in the message', () => {
    expect(() => parseQuantity('secret')).toThrow('in parseQuantity: text must be a quantity such as "10GiB"')
    expect(() => parseQuantity('secret')).not.toThrow('secret')
  })

  it('refuses a long hostile text in no time', () => {
    const started = performance.now()
    for (const text of [`${'1'.repeat(100_000)}\n\nx`, `1${' '.repeat(100_000)}x`, `1.${'1'.repeat(100_000)}.`]) {
      expect(argumentOf(() => parseQuantity(text))).toBe('text')
    }
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})

describe('effectiveQuota', () => {
  const quota = (limit: bigint, usage: bigint, projectLimit: bigint, projectUsage: bigint, pending = 0n): Quota => ({
    limit,
    usage,
    pending,
    project_limit: projectLimit,
    project_usage: projectUsage,
    project_pending: pending,
  })

  it('is bound by the member where the project has room', () => {
    expect(effectiveQuota(quota(5n, 2n, 10n, 4n, 1n))).toEqual({
      limit: 5n,
      usage: 2n,
      pending: 1n,
      available: 3n,
      boundBy: 'member',
      overLimit: false,
    })
  })

  it('is bound by the project where others took what the member was promised', () => {
    expect(effectiveQuota(quota(5n, 2n, 10n, 9n))).toMatchObject({ limit: 3n, available: 1n, boundBy: 'project' })
  })

  it('is bound by the member where both are the same', () => {
    expect(effectiveQuota(quota(5n, 2n, 10n, 7n))).toMatchObject({ limit: 5n, available: 3n, boundBy: 'member' })
  })

  it('is unlimited where both are, whatever others took', () => {
    expect(effectiveQuota(quota(UNLIMITED, 2n, UNLIMITED, 900n))).toEqual({
      limit: UNLIMITED,
      usage: 2n,
      pending: 0n,
      available: UNLIMITED,
      boundBy: 'member',
      overLimit: false,
    })
  })

  it('takes nothing from an unlimited project', () => {
    const nearly = UNLIMITED - 1n
    expect(effectiveQuota(quota(nearly, 0n, UNLIMITED, 900n))).toMatchObject({
      limit: nearly,
      available: nearly,
      boundBy: 'member',
    })
  })

  it('is bound by the project where only the member is unlimited', () => {
    expect(effectiveQuota(quota(UNLIMITED, 2n, 10n, 4n))).toMatchObject({
      limit: 8n,
      available: 6n,
      boundBy: 'project',
    })
  })

  it('is over its limit where more is used than may be', () => {
    expect(effectiveQuota(quota(5n, 7n, 100n, 7n))).toMatchObject({
      limit: 5n,
      available: 0n,
      boundBy: 'member',
      overLimit: true,
    })
    expect(effectiveQuota(quota(5n, 5n, 100n, 5n))).toMatchObject({ available: 0n, overLimit: false })
    expect(effectiveQuota(quota(0n, 1n, 0n, 1n))).toMatchObject({ limit: 0n, available: 0n, overLimit: true })
  })

  it('is never below zero where others took more than there is', () => {
    expect(effectiveQuota(quota(5n, 0n, 10n, 15n))).toMatchObject({
      limit: 0n,
      available: 0n,
      boundBy: 'project',
      overLimit: false,
    })
  })

  it('takes others to use nothing where the project counts less than the member', () => {
    expect(effectiveQuota(quota(20n, 5n, 10n, 3n))).toMatchObject({ limit: 10n, available: 5n, boundBy: 'project' })
  })

  it('refuses what is no quota and names the member', () => {
    for (const bad of [null, undefined, 5n, 'quota', []])
      expect(argumentOf(() => effectiveQuota(bad as never))).toBe('quota')
    expect(argumentOf(() => effectiveQuota({} as Quota))).toBe('quota.limit')
    for (const member of ['limit', 'usage', 'pending', 'project_limit', 'project_usage']) {
      for (const bad of [null, undefined, 5, '5', {}]) {
        const wrong = { ...quota(5n, 2n, 10n, 4n), [member]: bad }
        expect(argumentOf(() => effectiveQuota(wrong))).toBe(`quota.${member}`)
      }
    }
  })
})

describe('mkProvisions', () => {
  it("makes the member's half, then the project's", () => {
    expect(mkProvisions('u', 'p', 'cyclades.vm', 3n)).toEqual([
      { holder: 'user:u', source: 'project:p', resource: 'cyclades.vm', quantity: 3n },
      { holder: 'project:p', source: null, resource: 'cyclades.vm', quantity: 3n },
    ])
  })

  it('makes every quantity a bigint and lets any of 64 bits pass', () => {
    for (const quantity of [0, -1, 2 ** 53 - 1, 0n, UNLIMITED, -UNLIMITED - 1n]) {
      expect(mkProvisions('u', 'p', 'r', quantity).map((half) => half.quantity)).toEqual([
        BigInt(quantity),
        BigInt(quantity),
      ])
    }
  })

  it('refuses bad arguments and names them', () => {
    for (const bad of [null, undefined, '', 5, {}, ['u']] as never[]) {
      expect(argumentOf(() => mkProvisions(bad, 'p', 'r', 1n))).toBe('holder')
      expect(argumentOf(() => mkProvisions('u', bad, 'r', 1n))).toBe('source')
      expect(argumentOf(() => mkProvisions('u', 'p', bad, 1n))).toBe('resource')
    }
    for (const bad of [null, undefined, NaN, 1.5, 2 ** 53, UNLIMITED + 1n, -UNLIMITED - 2n, '1', {}] as never[]) {
      expect(argumentOf(() => mkProvisions('u', 'p', 'r', bad))).toBe('quantity')
    }
  })
})
