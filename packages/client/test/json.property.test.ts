import { isDeepStrictEqual } from 'node:util'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { hasEscapedName } from '../src/wire/json-names.ts'
import { parseLarge } from '../src/wire/json-parser.ts'
import { parseExact, parseQuantities, stringifyExact } from '../src/wire/json.ts'

const RUNS = { numRuns: 4_000 }

/** A piece of JSON text, with what it says. */
interface Piece {
  readonly text: string
  readonly value: unknown
  /** The same with quantities as `bigint`. */
  readonly quantities: unknown
}

const isSafe = (value: bigint): boolean => value === BigInt.asIntN(54, value) && value !== -(2n ** 53n)
const scalar = (text: string, value: unknown): Piece => ({ text, value, quantities: value })
const integer = (value: bigint): Piece => scalar(String(value), isSafe(value) ? Number(value) : value)
const float = (text: string): Piece => scalar(text, Number(text))

const small = fc.bigInt(-(10n ** 15n), 10n ** 15n).map(integer)
const unlimited = fc.constant(integer(2n ** 63n - 1n))
/** Around the bounds of what is safe and of int64, and far beyond. */
const large = fc
  .oneof(
    fc.tuple(fc.constantFrom(2n ** 53n, 2n ** 63n, 2n ** 64n, 10n ** 15n, 10n ** 16n), fc.bigInt(-2000n, 2000n)),
    fc.tuple(fc.bigInt(-(2n ** 63n), 2n ** 63n), fc.constant(0n)),
    fc.tuple(fc.bigInt(-(2n ** 200n), 2n ** 200n), fc.constant(0n)),
  )
  .chain(([bound, step]) => fc.constantFrom(bound + step, -bound - step))
  .map(integer)
const double = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => {
  const text = JSON.stringify(value)
  return /^-?\d+$/.test(text) ? integer(BigInt(text)) : float(text)
})
/** The digits of a number near 2 ** 63, with a point somewhere and an exponent that makes up for it. */
const lookalike = fc
  .tuple(
    fc.bigInt(2n ** 63n - 600n, 2n ** 63n + 1100n),
    fc.integer({ min: 1, max: 19 }),
    fc.integer({ min: 15, max: 19 }),
    fc.constantFrom('e', 'E', 'e+'),
  )
  .map(([value, whole, kept, e]) => {
    const digits = String(value).slice(0, Math.max(kept, whole))
    const fraction = digits.slice(whole)
    return float(`${digits.slice(0, whole)}${fraction && `.${fraction}`}${e}${19 - whole}`)
  })
const string = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom(
      '9223372036854775807',
      ': 9223372036854775807,',
      '12345678901234567890',
      '9.223372036854776e18',
      '\\',
      '"',
      '-0',
      '\\"',
    ),
  )
  .chain((value) =>
    fc.boolean().map((escaped) => scalar(escaped ? escapedString(value) : JSON.stringify(value), value)),
  )
const other = fc.constantFrom(
  scalar('true', true),
  scalar('false', false),
  scalar('null', null),
  float('-0'),
  float('1e400'),
  float('1.0'),
)

function escapedString(value: string): string {
  const units = Array.from({ length: value.length }, (_, index) => value.charCodeAt(index))
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`
}

const QUANTITIES = [
  'limit',
  'usage',
  'pending',
  'quantity',
  'max_members',
  'project_limit',
  'project_x',
  'member_capacity',
]
const name = fc.oneof(
  fc.constantFrom(...QUANTITIES),
  fc.constantFrom('a', 'b', '', '1', '__proto__', 'constructor', 'toJSON', 'cyclades.vm', 'limits', 'capacity'),
  fc.string({ unit: 'binary', maxLength: 3 }),
)
const isQuantity = (key: string): boolean =>
  /^(limit|usage|pending|quantity|max_members|project_.*|.*_capacity)$/s.test(key)
const space = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  fc.string({ unit: fc.constantFrom(' ', '\n', '\t', '\r'), maxLength: 20 }),
)

function list(items: readonly (readonly [string, Piece])[]): Piece {
  return {
    text: `[${items.map(([gap, { text }]) => gap + text + gap).join(',')}]`,
    value: items.map(([, item]) => item.value),
    quantities: items.map(([, item]) => item.quantities),
  }
}

function dict(members: readonly (readonly [string, string, Piece])[]): Piece {
  const value = {}
  const quantities = {}
  const put = (target: object, key: string, member: unknown): void => {
    Object.defineProperty(target, key, { value: member, writable: true, enumerable: true, configurable: true })
  }
  for (const [, key, member] of members) {
    put(value, key, member.value)
    const isInteger = typeof member.value === 'number' && Number.isInteger(member.value)
    put(quantities, key, isInteger && isQuantity(key) ? BigInt(member.value) : member.quantities)
  }
  return {
    text: `{${members.map(([gap, key, { text }]) => `${gap}${JSON.stringify(key)}${gap}:${gap}${text}${gap}`).join(',')}}`,
    value,
    quantities,
  }
}

function documentOf(leaf: fc.Arbitrary<Piece>): fc.Arbitrary<Piece> {
  return fc.letrec<{ piece: Piece }>((tie) => ({
    piece: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      leaf,
      fc.array(fc.tuple(space, tie('piece')), { maxLength: 5 }).map(list),
      fc.array(fc.tuple(space, name, tie('piece')), { maxLength: 5 }).map(dict),
    ),
  })).piece
}

/** Each kind of document is frequent: without anything large, with nothing large but unlimited, with anything. */
const document = fc.oneof(
  documentOf(fc.oneof(small, string, other, double)),
  documentOf(fc.oneof(small, string, other, unlimited)),
  documentOf(fc.oneof(unlimited, unlimited, lookalike, double)),
  documentOf(fc.oneof(small, string, other, unlimited, large, lookalike)),
)

/** A document with something cut out, put in or replaced. */
const broken = fc
  .tuple(
    document,
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.nat({ max: 3 }),
        fc.constantFrom('', '', ...Array.from('{}[]",:.-+eE0123456789tnu\\/ \n\t\0\u00A0'), '9223372036854775807'),
      ),
      { minLength: 1, maxLength: 2 },
    ),
  )
  .map(([{ text }, cuts]) =>
    cuts.reduce((mutated, [seed, length, inserted]) => {
      const at = seed % (mutated.length + 1)
      return mutated.slice(0, at) + inserted + mutated.slice(at + length)
    }, text),
  )

function attempt(run: () => unknown): { value: unknown } | { error: unknown } {
  try {
    return { value: run() }
  } catch (error) {
    return { error }
  }
}

function rounded(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'object' || value === null) return value
  for (const [key, member] of Object.entries(value)) (value as Record<string, unknown>)[key] = rounded(member)
  return value
}

function expectSame(actual: unknown, expected: unknown): void {
  // Faster than `toStrictEqual`, which explains what differs.
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toStrictEqual(expected)
}

describe('exact JSON', () => {
  it('reads what was written', () => {
    fc.assert(
      fc.property(document, ({ text, value }) => {
        expectSame(parseExact(text), value)
        expectSame(parseLarge(text), value)
      }),
      RUNS,
    )
  })

  it('reads quantities as bigint, by their names', () => {
    fc.assert(
      fc.property(document, ({ text, quantities }) => {
        expectSame(parseQuantities(text), quantities)
      }),
      RUNS,
    )
  })

  it('accepts what JSON.parse accepts, and makes the same of it', () => {
    let [accepted, refused] = [0, 0]
    fc.assert(
      fc.property(broken, (text) => {
        const expected = attempt(() => JSON.parse(text))
        for (const parse of [parseExact, parseLarge]) {
          const actual = attempt(() => parse(text))
          if ('value' in actual) {
            expect(expected).toHaveProperty('value')
            // What `JSON.parse` makes of an escape in a name may be wrong: see json-names.ts.
            if (!hasEscapedName(text)) expectSame({ value: rounded(actual.value) }, expected)
            accepted++
          } else {
            expect(expected).toHaveProperty('error')
            expect(actual.error).toBeInstanceOf(SyntaxError)
            expect((actual.error as SyntaxError).message).toMatch(
              /^(Unexpected character at position \d+|The text ends too early|The string at position \d+ has [a-z ]+)$/,
            )
            refused++
          }
        }
      }),
      RUNS,
    )
    expect(Math.min(accepted, refused)).toBeGreaterThan(RUNS.numRuns / 20)
  })

  it('writes what it read', () => {
    fc.assert(
      fc.property(document, fc.constantFrom(undefined, 1, '\t'), ({ text, value }, indent) => {
        const written = stringifyExact(parseExact(text), indent)
        // The text, since -0 and Infinity have no JSON, and a large float may be written without its exponent.
        expectSame(stringifyExact(parseExact(written), indent), written)
        expectSame(
          written,
          JSON.stringify(marked(value), undefined, indent).replaceAll(/"\0mark(-?\d+)"|"\\u0000mark(-?\d+)"/g, '$1$2'),
        )
      }),
      RUNS,
    )
  })
})

/** With a text, which can be found again, in the place of each bigint. */
function marked(value: unknown): unknown {
  if (typeof value === 'bigint') return `\0mark${value}`
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(marked)
  const copy = {}
  for (const [key, member] of Object.entries(value)) {
    Object.defineProperty(copy, key, { value: marked(member), writable: true, enumerable: true, configurable: true })
  }
  return copy
}
