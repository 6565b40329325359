import { describe, expect, it } from 'vitest'

import { hasEscapedName } from '../src/wire/json-names.ts'
import { parseLarge } from '../src/wire/json-parser.ts'
import { survey } from '../src/wire/json-survey.ts'
import { parseExact, parseQuantities, stringifyExact } from '../src/wire/json.ts'
import { UNLIMITED } from '../src/wire/quantity.ts'

const DEPTH = 200_000

function withBigIntToJson(run: () => void): void {
  Object.defineProperty(BigInt.prototype, 'toJSON', {
    value(this: bigint) {
      return `patched ${this}`
    },
    configurable: true,
  })
  try {
    run()
  } finally {
    delete (BigInt.prototype as { toJSON?: unknown }).toJSON
  }
}

function thrownBy(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('Nothing was thrown')
}

describe('parseExact', () => {
  it.each([
    ['0', 0],
    ['-0', -0],
    ['1.0', 1],
    ['1e400', Infinity],
    ['-1e400', -Infinity],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['-9007199254740991', -9007199254740991],
    ['-9007199254740992', -9007199254740992n],
    ['9007199254740993', 9007199254740993n],
    ['9223372036854775806', 9223372036854775806n],
    ['9223372036854775807', UNLIMITED],
    ['9223372036854775808', 9223372036854775808n],
    ['-9223372036854775807', -9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    ['9223372036854775807.0', 2 ** 63],
    ['9223372036854775807e0', 2 ** 63],
    ['9223372036854775808e0', 2 ** 63],
    ['9.223372036854776e18', 2 ** 63],
    ['92233720.36854776E11', 2 ** 63],
    ['0.9223372036854775807e+19', 2 ** 63],
    ['9223372036854776e3', 2 ** 63],
    ['92233720368547758070e-1', 2 ** 63],
    ['1e20', 1e20],
    ['100000000000000000000', 100000000000000000000n],
    ['0.1234567890123456789', 0.12345678901234568],
    ['"9223372036854775807"', '9223372036854775807'],
    ['": 9223372036854775807,"', ': 9223372036854775807,'],
  ])('reads %s alone, in a list and beside unlimited, at every offset', (token, expected) => {
    expect(parseExact(token)).toBe(expected)
    expect(parseLarge(token)).toBe(expected)
    for (let offset = 0; offset < 40; offset++) {
      const space = ' '.repeat(offset)
      expect(parseExact(`${space}${token}`)).toBe(expected)
      expect(parseExact(`[${space}${token},1]`)).toStrictEqual([expected, 1])
      expect(parseExact(`{"a":9223372036854775807${space},"b":${token}}`)).toStrictEqual({ a: UNLIMITED, b: expected })
      expect(parseExact(`{"b":${token}${space},"a":[9223372036854775807]}`)).toStrictEqual({
        a: [UNLIMITED],
        b: expected,
      })
    }
  })

  it('reads integers of any size', () => {
    const digits = '7'.repeat(100_000)
    expect(parseExact(`[-${digits}]`)).toStrictEqual([-BigInt(digits)])
  })

  it('lets the last of two equal names win, at the place of the first', () => {
    for (const large of ['1', '9223372036854775807', '12345678901234567890']) {
      const document = parseExact(`{"a":${large},"b":2,"a":3}`)
      expect(document).toStrictEqual({ a: 3, b: 2 })
      expect(Object.keys(document as object)).toStrictEqual(['a', 'b'])
    }
  })

  it('makes __proto__ a member like any other', () => {
    for (const large of ['1', '9223372036854775807', '12345678901234567890']) {
      const document = parseExact(`{"__proto__":{"limit":${large},"polluted":1}}`) as object
      expect(Object.keys(document)).toStrictEqual(['__proto__'])
      expect(Object.getPrototypeOf(document)).toBe(Object.prototype)
      expect('polluted' in document).toBe(false)
    }
    expect(Object.keys(parseQuantities('{"__proto__":{"limit":1}}') as object)).toStrictEqual(['__proto__'])
  })

  it('reads any nesting', () => {
    for (const large of ['1', '9223372036854775807', '12345678901234567890']) {
      for (const [open, close] of [
        ['[', ']'],
        ['{"limit":', '}'],
      ] as const) {
        const text = `${open.repeat(DEPTH)}${large}${close.repeat(DEPTH)}`
        let value = open === '[' ? parseExact(text) : parseQuantities(text)
        for (let depth = 0; depth < DEPTH; depth++) value = Object.values(value as object)[0]
        expect(typeof value).toBe(large === '1' && open === '[' ? 'number' : 'bigint')
        expect(String(value)).toBe(large)
      }
    }
  })

  it.each([
    '',
    ' ',
    '{',
    '[',
    '[1',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,}',
    '[1,]',
    '[,1]',
    '{,}',
    '{a:1}',
    "{'a':1}",
    '[1}',
    '{"a":1]',
    '1 2',
    '01',
    '-',
    '-01',
    '1.',
    '.5',
    '+1',
    '1e',
    '1e+',
    '0x10',
    '1n',
    'NaN',
    'Infinity',
    'nul',
    'truefalse',
    '"a',
    '"\\"',
    '"\\x"',
    '"\\u12g4"',
    '"\n"',
    '\uFEFF{}',
    '\u00A01',
    '[1]\0',
    '// a\n1',
  ])('refuses %j, as JSON.parse does', (text) => {
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError)
    expect(() => parseLarge(text)).toThrow(SyntaxError)
    expect(() => parseExact(text)).toThrow(SyntaxError)
    expect(() => parseQuantities(`[12345678901234567890,${text}`)).toThrow(SyntaxError)
  })

  it('quotes nothing of the text in an error', () => {
    for (const text of [
      '{"token":"s3cr3t"',
      's3cr3t',
      '{"s3cr3t" 1}',
      '["s3cr3t\\x"]',
      '[12345678901234567890 s3cr3t]',
    ]) {
      const error = thrownBy(() => parseExact(text)) as SyntaxError
      expect(error).toBeInstanceOf(SyntaxError)
      expect(`${error.message}${error.stack}${String(error.cause)}`).not.toContain('s3cr3t')
    }
    expect(() => parseExact('[1 s3cr3t]')).toThrow('Unexpected character at position 3')
    expect(() => parseExact('{"a":')).toThrow('The text ends too early')
    expect(() => parseExact('["a\\x"]')).toThrow('The string at position 1 has')
  })
})

describe('survey', () => {
  it.each([
    ['{"limit": 10737418240, "id": "b3de8eb0-3958-477e-8419-789af8dd352c"}', 'plain'],
    ['{"limit": 1125899906842624}', 'plain'],
    ['{"x": 0.12345678901234567}', 'plain'],
    ['{"id": "12345678901234567890"}', 'plain'],
    ['{"limit": 9223372036854775807}', 'unlimited'],
    ['{"limit": 9223372036854775807, "x": 0.12345678901234567}', 'unlimited'],
    ['{"limit": 9223372036854775808}', 'large'],
    ['{"limit": -9223372036854775807}', 'large'],
    ['{"limit": 9223372036854775807.0}', 'large'],
    ['{"limit": 9007199254740993}', 'large'],
    ['{"limit": 9.223372036854776e18}', 'large'],
  ])('of %s is %s', (text, expected) => {
    for (let offset = 0; offset < 32; offset++) expect(survey(' '.repeat(offset) + text)).toBe(expected)
  })

  it('misses no large integer after a short or an unlimited one', () => {
    for (const first of ['1', '123456789', '123456789012345', '9223372036854775807', '"1234567890123456789"']) {
      for (const next of ['9007199254740993', '-9007199254740993']) {
        const text = `[${first},${next}]`
        for (let offset = 0; offset < 32; offset++) expect(survey(' '.repeat(offset) + text)).toBe('large')
      }
    }
  })
})

describe('names with an escape', () => {
  it.each([
    ['{"a\\n": 1}', true],
    ['{"\\"": 1}', true],
    ['{"\\\\" \t\r\n : 1}', true],
    ['{"a": "\\n", "\\u20ac": 1}', true],
    ['[{"a": ["\\\\"]}, {"b\\t": 0}]', true],
    ['{"a": "\\": 1", "b": "\\n"}', false],
    ['{"a": "\\\\", "b": 1}', false],
    ['["\\"", ":"]', false],
    ['{"a": 1}', false],
    ['"\\', false],
    ['"\\n', false],
    ['', false],
  ])('of %s: %s', (text, expected) => expect(hasEscapedName(text)).toBe(expected))

  it('are read right after a text whose name is their beginning', () => {
    // V8 matches the name it expects with the source of the next one: the escape would be taken for the backslash.
    for (const escape of ['"', 'n', 't', '/', 'u20ac']) {
      for (const before of ['', '"a":1,', '"limit":[],']) {
        parseExact(`{${before}"\\\\":0}`)
        parseExact(`{${before}"x\\\\":0}`)
        for (const name of [`"\\${escape}"`, `"x\\${escape}"`]) {
          const names = Object.keys(parseExact(`{${before}${name}:0}`) as object)
          expect(names.at(-1)).toBe(JSON.parse(name))
        }
      }
    }
  })
})

describe('parseQuantities', () => {
  it('leaves alone what was added to the prototype of all objects', () => {
    const added = { limit: 1 }
    const names = { usage: 5, added }
    let document: unknown
    for (const [name, value] of Object.entries(names))
      Object.defineProperty(Object.prototype, name, { value, enumerable: true, configurable: true, writable: true })
    try {
      document = parseQuantities('{"limit":2}')
    } finally {
      for (const name of Object.keys(names)) Reflect.deleteProperty(Object.prototype, name)
    }
    expect(document).toStrictEqual({ limit: 2n })
    expect(added).toStrictEqual({ limit: 1 })
  })

  it('makes every quantity a bigint, wherever it stands, and nothing else', () => {
    const text = `{
      "u": {"p": {"cyclades.vm": {"limit": 9223372036854775807, "usage": 0, "pending": -0,
        "project_limit": 10737418240, "project_usage": 2, "project_pending": 1}}},
      "project_new": 3, "member_capacity": 4, "project_capacity": 9007199254740993, "max_members": null,
      "list": [{"quantity": -5, "serial": 6}], "limits": 7, "capacity": 8, "limit": [9], "usage": "10"
    }`
    expect(parseQuantities(text)).toStrictEqual({
      u: {
        p: {
          'cyclades.vm': {
            limit: UNLIMITED,
            usage: 0n,
            pending: 0n,
            project_limit: 10737418240n,
            project_usage: 2n,
            project_pending: 1n,
          },
        },
      },
      project_new: 3n,
      member_capacity: 4n,
      project_capacity: 9007199254740993n,
      max_members: null,
      list: [{ quantity: -5n, serial: 6 }],
      limits: 7,
      capacity: 8,
      limit: [9],
      usage: '10',
    })
  })

  it('makes integral floats bigint, and leaves others as they are', () => {
    expect(parseQuantities('{"limit":1.0,"usage":1.5,"pending":1e400,"quantity":1e20}')).toStrictEqual({
      limit: 1n,
      usage: 1.5,
      pending: Infinity,
      quantity: 100000000000000000000n,
    })
  })

  it('tells unlimited from a float that rounds to the same', () => {
    expect(
      parseQuantities('{"limit":9223372036854775807,"usage":9.223372036854776e18,"x":9223372036854776e3}'),
    ).toStrictEqual({
      limit: UNLIMITED,
      usage: 9223372036854775808n,
      x: 2 ** 63,
    })
  })

  it('keeps what stands beside unlimited exact', () => {
    // The window of 19 characters before 5807 looks like unlimited from its end, and is not.
    for (const number of ['900719925474100580', '922337203685477580', '-90071992547410058', '-9.2233720368547758']) {
      const text = `{"limit":9223372036854775807,"a":${number}7}`
      const a = number.includes('.') ? Number(`${number}7`) : BigInt(`${number}7`)
      expect(parseQuantities(text)).toStrictEqual({ limit: UNLIMITED, a })
    }
    expect(parseExact('[9223372036854775807,1e300,1234567890123455807]')).toStrictEqual([
      UNLIMITED,
      1e300,
      1234567890123455807n,
    ])
  })

  it('is not misled by enumerable members of Object.prototype', () => {
    Object.defineProperty(Object.prototype, 'limit', { value: 5, enumerable: true, configurable: true, writable: true })
    try {
      expect(Object.keys(parseQuantities('{"a":1}') as object)).toStrictEqual(['a'])
    } finally {
      delete (Object.prototype as { limit?: unknown }).limit
    }
  })
})

describe('stringifyExact', () => {
  it('writes bigints as integers', () => {
    const value = { limit: UNLIMITED, list: [-1n, 2n ** 100n], text: '1n' }
    const text = '{"limit":9223372036854775807,"list":[-1,1267650600228229401496703205376],"text":"1n"}'
    expect(stringifyExact(value)).toBe(text)
    withBigIntToJson(() => expect(stringifyExact(value)).toBe(text))
    expect(stringifyExact(1n)).toBe('1')
    expect(stringifyExact(Object(1n))).toBe('1')
  })

  const now = new Date(0)
  class Named {
    readonly own = 1
    get inherited(): number {
      return 2
    }
  }
  const values: readonly unknown[] = [
    null,
    true,
    -0,
    NaN,
    Infinity,
    1e21,
    'a"\n\u2028\uD800',
    [],
    {},
    [[], {}, [[]]],
    { a: undefined, b: () => 1, c: Symbol('c'), d: 1 },
    [undefined, () => 1, Symbol('c'), 1],
    Array.from({ length: 3 }),
    { now, list: [now], nested: { toJSON: (key: string) => `key ${key}` } },
    { toJSON: () => ({ toJSON: () => 1, b: [1] }) },
    { a: { toJSON: () => undefined }, b: [{ toJSON: () => undefined }] },
    [Object(1), Object('a'), Object(true)],
    new Named(),
    new Map([[1, 2]]),
    Object.assign(Object.create(null) as object, { a: 1 }),
    Object.assign(() => 1, { toJSON: () => 'a function' }),
    { [Symbol('s')]: 1, 2: 1, b: 1, 1: 1 },
    JSON.parse('{"__proto__":{"a":1},"":{"":1}}') as unknown,
  ]
  for (const space of [undefined, 0, 2, 2.9, 20, -1, NaN, '\t', '----------more', '']) {
    it(`writes all else as JSON.stringify does, with ${JSON.stringify(space) ?? 'no'} space`, () => {
      for (const value of values) {
        const text = JSON.stringify(value, undefined, space)
        expect(stringifyExact(value, space)).toBe(text)
        withBigIntToJson(() => expect(stringifyExact(value, space)).toBe(text))
        expect(stringifyExact([value, 1n], space)).toBe(JSON.stringify([value, 1], undefined, space))
      }
    })
  }

  it('refuses what has no JSON', () => {
    for (const value of [undefined, () => 1, Symbol('a'), { toJSON: () => undefined }]) {
      expect(() => stringifyExact(value)).toThrow(TypeError)
    }
  })

  it('refuses a cycle, not a value that occurs twice', () => {
    const shared = { limit: 1n }
    expect(stringifyExact([shared, { shared }, shared])).toBe('[{"limit":1},{"shared":{"limit":1}},{"limit":1}]')
    const cycle: Record<string, unknown> = { limit: 1n }
    cycle['list'] = [cycle]
    expect(() => stringifyExact(cycle)).toThrow(TypeError)
    delete cycle['limit']
    expect(() => stringifyExact(cycle)).toThrow(TypeError)
  })

  it('passes on what toJSON throws', () => {
    const error = new Error('mine')
    const value = {
      toJSON: () => {
        throw error
      },
    }
    expect(thrownBy(() => stringifyExact(value))).toBe(error)
  })

  it('writes any nesting', () => {
    const text = `${'[{"a":'.repeat(DEPTH / 2)}9223372036854775807${'}]'.repeat(DEPTH / 2)}`
    expect(stringifyExact(parseExact(text)) === text).toBe(true)
  })

  const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown }
  if (rawJSON !== undefined) {
    it('writes raw JSON as it is', () => {
      expect(stringifyExact([rawJSON('1.0'), 1n])).toBe('[1.0,1]')
    })
  }
})
