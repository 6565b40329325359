import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { getTokenFromCookie } from '../src/cookie.ts'
import type { CookieSource } from '../src/cookie.ts'
import { parseEndpoints } from '../src/endpoints.ts'
import type { EndpointFilter } from '../src/endpoints.ts'
import { BadValue, NoEndpoints } from '../src/errors.ts'
import { mkProvisions } from '../src/provisions.ts'
import { effectiveQuota, formatQuantity, parseQuantity } from '../src/quantities.ts'
import { UNLIMITED } from '../src/wire/quantity.ts'
import type { CatalogService, Endpoints } from '../src/wire/types.ts'

const int64 = fc.oneof(
  fc.bigInt({ min: -UNLIMITED - 1n, max: UNLIMITED }),
  // Small ones and powers of 1024 with their neighbours, where units change.
  fc.bigInt({ min: -5000n, max: 5000n }),
  fc.tuple(fc.nat(6), fc.bigInt({ min: -3n, max: 3n })).map(([power, by]) => 1024n ** BigInt(power) + by),
)
const styles = ['kb', 'mb', 'gb', 'tb', 'pb'] as const
const abs = (value: bigint): bigint => (value < 0n ? -value : value)

describe('formatQuantity, for any quantity', () => {
  it('is the nearest decimal of the exact quotient, the even one of two', () => {
    fc.assert(
      fc.property(
        int64.filter((q) => q !== UNLIMITED),
        fc.constantFrom(...styles),
        (quantity, style) => {
          const divisor = 1024n ** BigInt(styles.indexOf(style) + 1)
          const [, sign, whole, decimals] = /^(-?)(\d+)\.(\d+) [kMGTP]B$/.exec(
            formatQuantity(quantity, 'bytes', style),
          )!
          expect(sign).toBe(quantity < 0n ? '-' : '')
          expect(decimals).toHaveLength(abs(quantity) < divisor ? 3 : abs(quantity) < 10n * divisor ? 2 : 1)
          // Distance times two, in units of the last decimal over the divisor: at most one half of a decimal.
          const digits = BigInt(whole! + decimals!)
          const distance = 2n * abs(digits * divisor - abs(quantity) * 10n ** BigInt(decimals!.length))
          expect(distance <= divisor).toBe(true)
          if (distance === divisor) expect(digits % 2n).toBe(0n)
        },
      ),
    )
  })

  it('takes the largest unit that keeps the value at 1 or above', () => {
    fc.assert(
      fc.property(
        int64.filter((q) => q !== UNLIMITED),
        (quantity) => {
          const fitting = styles.filter((_, index) => abs(quantity) >= 1024n ** BigInt(index + 1))
          expect(formatQuantity(quantity, 'bytes')).toBe(formatQuantity(quantity, 'bytes', fitting.at(-1) ?? 'b'))
        },
      ),
    )
  })

  it('is read back by parseQuantity, exactly without scaling and within half a decimal with it', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: UNLIMITED }), fc.constantFrom(...styles), (quantity, style) => {
        for (const plain of ['b', 'none'] as const)
          expect(parseQuantity(formatQuantity(quantity, 'bytes', plain))).toBe(quantity)
        const text = formatQuantity(quantity, 'bytes', style)
        if (text === 'inf') return
        const decimals = BigInt(/\.(\d+)/.exec(text)![1]!.length)
        const unit = 1024n ** BigInt(styles.indexOf(style) + 1)
        // One unit more, because reading cuts off what is below a byte.
        expect(abs(parseQuantity(text) - quantity) <= unit / (2n * 10n ** decimals) + 1n).toBe(true)
      }),
    )
  })
})

describe('parseQuantity, for any text', () => {
  const digits = (minLength: number): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom(...'0123456789'.split('')), minLength, maxLength: 80 })
  const anyCase = (text: string): fc.Arbitrary<string> =>
    fc
      .tuple(...text.split('').map((letter) => fc.constantFrom(letter.toLowerCase(), letter.toUpperCase())))
      .map((letters) => letters.join(''))
  const unit = fc.oneof(
    fc.constant({ text: '', factor: 1n }),
    anyCase('bytes').map((text) => ({ text, factor: 1n })),
    fc
      .tuple(fc.nat(4), fc.constantFrom('', 'b', 'ib'))
      .chain(([power, tail]) =>
        anyCase('kmgtp'.charAt(power) + tail).map((text) => ({ text, factor: 1024n ** BigInt(power + 1) })),
      ),
  )

  it('is the exact product, cut off', () => {
    fc.assert(
      fc.property(
        digits(1),
        digits(0),
        fc.boolean(),
        fc.constantFrom('', ' ', '\t '),
        unit,
        (whole, decimals, point, blank, { text, factor }) => {
          const number = decimals === '' && !point ? whole : `${whole}.${decimals}`
          const quantity = parseQuantity(`${number}${blank}${text}${blank}`)
          // quantity <= number * factor < quantity + 1, over the common denominator
          const scale = 10n ** BigInt(decimals.length)
          const exact = BigInt(whole + decimals) * factor
          expect(quantity * scale <= exact && exact < (quantity + 1n) * scale).toBe(true)
        },
      ),
    )
  })

  it('is BadValue or a quantity of zero or more', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'019.,-+eE kKmMgGbBiIntfyes\n'.split('')) }),
    )
    fc.assert(
      fc.property(texts, (text) => {
        try {
          expect(parseQuantity(text) >= 0n).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(BadValue)
        }
      }),
    )
  })
})

describe('effectiveQuota, for any quota', () => {
  const some = fc.oneof(
    fc.constant(UNLIMITED),
    fc.bigInt({ min: 0n, max: 20n }),
    fc.bigInt({ min: 0n, max: UNLIMITED }),
  )

  it('is the minimum of both limits, with unlimited above all', () => {
    fc.assert(
      fc.property(
        some,
        some,
        some,
        some,
        some,
        some,
        (limit, usage, pending, project_limit, project_usage, project_pending) => {
          const quota = Object.freeze({ limit, usage, pending, project_limit, project_usage, project_pending })
          const result = effectiveQuota(quota)
          const others = project_usage > usage ? project_usage - usage : 0n
          const left = project_limit === UNLIMITED ? UNLIMITED : project_limit > others ? project_limit - others : 0n
          expect(result.limit).toBe(left < limit ? left : limit)
          expect(result.boundBy === 'project').toBe(
            left < limit || (project_limit !== UNLIMITED && project_limit - others < limit),
          )
          expect(result.usage).toBe(usage)
          expect(result.pending).toBe(pending)
          expect(result.overLimit).toBe(usage > result.limit)
          expect(result.available >= 0n).toBe(true)
          if (result.limit === UNLIMITED) expect(result.available).toBe(UNLIMITED)
          else expect(result.available).toBe(usage > result.limit ? 0n : result.limit - usage)
        },
      ),
    )
  })
})

describe('mkProvisions, for any charge', () => {
  it('charges both halves the same and names them by their prefixes', () => {
    const id = fc.string({ minLength: 1 })
    fc.assert(
      fc.property(id, id, id, int64, (holder, source, resource, quantity) => {
        expect(mkProvisions(holder, source, resource, quantity)).toEqual([
          { holder: `user:${holder}`, source: `project:${source}`, resource, quantity },
          { holder: `project:${source}`, source: null, resource, quantity },
        ])
      }),
    )
  })
})

describe('parseEndpoints, for any catalog', () => {
  const word = fc.constantFrom('a', 'b', '', '__proto__')
  const endpoint = fc.record({ publicURL: fc.webUrl(), region: word, versionId: word, extra: fc.jsonValue() })
  const service = fc.record({
    name: word,
    type: word,
    endpoints_links: fc.constant([] as unknown[]),
    endpoints: fc.array(endpoint, { maxLength: 3 }),
  })
  const catalog = fc
    .array(service, { maxLength: 4 })
    .map((serviceCatalog): Endpoints => ({ access: { serviceCatalog } }))
  const criterion = fc.option(word, { nil: null })
  const filter = fc.record(
    { name: criterion, type: criterion, region: criterion, versionId: criterion },
    { requiredKeys: [] },
  )

  const frozen = <T>(value: T): T => {
    if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen)
    return value
  }
  const model = ({ access }: Endpoints, { name, type, region, versionId }: EndpointFilter): CatalogService[] => {
    const found: CatalogService[] = []
    for (const each of access.serviceCatalog) {
      if ((name ?? each.name) !== each.name || (type ?? each.type) !== each.type) continue
      const endpoints = each.endpoints.filter(
        (one) => (region ?? one.region) === one.region && (versionId ?? one.versionId) === one.versionId,
      )
      const asked = typeof region === 'string' || typeof versionId === 'string'
      if (!asked || endpoints.length > 0) found.push({ ...each, endpoints })
    }
    return found
  }

  it('equals the naive search and never changes what it is given', () => {
    fc.assert(
      fc.property(catalog, filter, (endpoints, criteria) => {
        const expected = model(endpoints, criteria)
        const search = (): CatalogService[] => parseEndpoints(frozen(endpoints), frozen(criteria))
        if (expected.length === 0) expect(search).toThrow(NoEndpoints)
        else expect(search()).toEqual(expected)
      }),
    )
  })

  it('throws nothing but NoEndpoints, whatever the answer is', () => {
    const broken = fc.oneof(
      fc.anything(),
      fc.record({ access: fc.record({ serviceCatalog: fc.anything() }) }),
      fc.record({ access: fc.record({ serviceCatalog: fc.array(fc.oneof(service, fc.anything())) }) }),
      fc.record({ access: fc.record({ serviceCatalog: fc.array(fc.record({ endpoints: fc.array(fc.anything()) })) }) }),
    )
    fc.assert(
      fc.property(broken, filter, (endpoints, criteria) => {
        try {
          expect(parseEndpoints(endpoints as Endpoints, criteria).length).toBeGreaterThan(0)
        } catch (error) {
          expect(error).toBeInstanceOf(NoEndpoints)
        }
      }),
    )
  })
})

describe('getTokenFromCookie, for any input', () => {
  const anything = fc.anything({
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withSparseArray: true,
    withBigInt: true,
    withDate: true,
    withTypedArray: true,
  })
  const token = fc.oneof(fc.base64String({ minLength: 1 }), fc.string({ unit: 'grapheme', minLength: 1 }))
  const uuid = fc.uuid()
  const name = fc.string({ unit: fc.constantFrom(...'abz_019'.split('')), minLength: 1 })

  it('never throws', () => {
    const sources = fc.oneof(
      anything,
      fc.string(),
      fc.record({ headers: anything }),
      fc.record({ headers: fc.record({ cookie: fc.oneof(anything, fc.string()) }) }),
      fc.record({ cookies: anything }),
      fc.record({ cookies: fc.dictionary(fc.constantFrom('a', '__proto__'), fc.oneof(anything, fc.string())) }),
      fc.record({
        get: fc.oneof(
          fc.func(anything),
          fc.constant(() => {
            throw new Error('x')
          }),
        ),
        append: anything,
      }),
    )
    fc.assert(
      fc.property(
        sources,
        fc.oneof(anything, fc.constantFrom('a', '__proto__', 'constructor')),
        (source, cookieName) => {
          const found = getTokenFromCookie(source as CookieSource, cookieName as string)
          expect(found === null || (typeof found === 'string' && found !== '')).toBe(true)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('finds in every kind of source what the service wrote', () => {
    fc.assert(
      fc.property(uuid, token, name, (id, secret, cookieName) => {
        const value = encodeURIComponent(`${id}|${secret}`)
        const header = `first=1; ${cookieName}=${value}; ${cookieName}=later`
        const sources: CookieSource[] = [
          header,
          new Headers({ cookie: header }),
          { headers: new Headers({ cookie: header }) },
          { headers: { cookie: header } },
          new Map([[cookieName, value]]),
          new Map([[cookieName, `${id}|${secret}`]]),
          { cookies: { [cookieName]: value } },
          { cookies: { [cookieName]: `${id}|${secret}` } },
        ]
        for (const source of sources) {
          expect(getTokenFromCookie(source, cookieName === 'first' ? 'other' : cookieName)).toBe(
            cookieName === 'first' ? null : secret,
          )
        }
      }),
    )
  })
})
