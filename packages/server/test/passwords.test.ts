import { createHash, pbkdf2Sync, scryptSync } from 'node:crypto'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { readOldPassword } from '../src/identity/old-passwords.ts'
import {
  hashPassword,
  passwordProblem,
  passwordTurns,
  TooManyPasswords,
  verifyPassword,
} from '../src/identity/passwords.ts'
import { readScryptHash } from '../src/identity/scrypt.ts'
import { Turns } from '../src/identity/turns.ts'

const PASSWORD = 'correct horse'
const WRONG = { isRight: false, replacement: null }
const OURS = /^\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/

/** Computed by Python's hashlib. */
const SCRYPT = {
  today: '$scrypt$ln=15,r=8,p=3$AAECAwQFBgcICQoLDA0ODw$ANYWwrwG9exM4wRn3uDhnkTuLMG27uj4k9dz5KrBPkg',
  weak: '$scrypt$ln=14,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$JbN2hANm9NOw4h5BRHZnbjzQ6Jr0QwNWojTOC2WgIbU',
  strong: '$scrypt$ln=17,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$TGvJUUU1CgfkAA5rR1GVoLnHJ8JaBRe7wqx27cEOQmw',
}
const DJANGO = [
  ['pbkdf2_sha256', 'pbkdf2_sha256$10000$Ax7kQp2Zw9Lm$EoFSPeQ3PHpNzjrlgGfuqAAeN6x/nTrEp+E0GydRzDI='],
  ['pbkdf2_sha1', 'pbkdf2_sha1$10000$seasalt$Jwu25HYWPy/yfYdNS6w3q7sy9sU='],
  ['sha1', 'sha1$seasalt$55eef163bf2e349b9946e3183eef620dde0247f5'],
  ['md5', 'md5$seasalt$b614725f4cc025a51ab6a354d12890ab'],
  ['sha1 without salt', 'sha1$$2f9e53523b62abc141a2b4d6019d23cba835dbd0'],
  ['md5 without salt', 'md5$$3cb4e732631f47e6eb961f34554b7cde'],
  ['md5 without salt and name', '3cb4e732631f47e6eb961f34554b7cde'],
] as const

/** Of nobody, and of accounts without a password; the last one is no hash at all. */
const UNUSABLE = [null, '', '!', '!kQp2Zw9LmAx7kQp2Zw9LmAx7kQp2Zw9LmAx7kQp2', PASSWORD]

describe('a password', () => {
  it('is stored in the PHC format, with another salt each time, and verified', async () => {
    const [stored, again] = await Promise.all([hashPassword(PASSWORD), hashPassword(PASSWORD)])
    expect(stored).toMatch(OURS)
    expect(again).not.toBe(stored)
    expect(again.split('$')[3]).not.toBe(stored.split('$')[3])
    expect(stored).not.toContain(PASSWORD)
    expect(await verifyPassword(stored, PASSWORD)).toEqual({ isRight: true, replacement: null })
    expect(await verifyPassword(stored, `${PASSWORD} `)).toEqual(WRONG)
  })

  it('is hashed by scrypt over exactly that salt at exactly that cost', async () => {
    const [, , , salt = '', key] = (await hashPassword(PASSWORD)).split('$')
    const options = { N: 32_768, r: 8, p: 3, maxmem: 64 * 2 ** 20 }
    expect(Buffer.from(salt, 'base64')).toHaveLength(16)
    expect(scryptSync(PASSWORD, Buffer.from(salt, 'base64'), 32, options).toString('base64')).toBe(`${key}=`)
  })

  it('of any text is the only one that its hash verifies', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 1024 })
    await fc.assert(
      fc.asyncProperty(text, text, async (password, other) => {
        const stored = await hashPassword(password)
        expect(await verifyPassword(stored, password)).toEqual({ isRight: true, replacement: null })
        const isSame = other.normalize('NFC') === password.normalize('NFC')
        expect((await verifyPassword(stored, other)).isRight).toBe(isSame)
      }),
      { numRuns: 3 },
    )
  })

  it('is one however a keyboard composes it, and another where it only looks alike', async () => {
    const stored = await hashPassword('caf\u00e9 cr\u00e8me\u00b2')
    expect((await verifyPassword(stored, 'cafe\u0301 cre\u0300me\u00b2')).isRight).toBe(true)
    expect((await verifyPassword(stored, 'caf\u00e9 cr\u00e8me2')).isRight).toBe(false)
  })

  it('is verified to its last character', async () => {
    const long = 'x'.repeat(1023)
    expect(await verifyPassword(await hashPassword(`${long}y`), `${long}z`)).toEqual(WRONG)
  })
})

describe('a hash', () => {
  it('of today is left alone', async () => {
    expect(await verifyPassword(SCRYPT.today, PASSWORD)).toEqual({ isRight: true, replacement: null })
    expect(await verifyPassword(SCRYPT.today, 'correct house')).toEqual(WRONG)
  })

  it('that costs more than today is left alone', async () => {
    expect(await verifyPassword(SCRYPT.strong, PASSWORD)).toEqual({ isRight: true, replacement: null })
    expect(await verifyPassword(SCRYPT.strong, 'correct house')).toEqual(WRONG)
  })

  it('that costs less is replaced once', async () => {
    const { isRight, replacement } = await verifyPassword(SCRYPT.weak, PASSWORD)
    expect(isRight).toBe(true)
    expect(replacement).toMatch(OURS)
    expect(await verifyPassword(replacement, PASSWORD)).toEqual({ isRight: true, replacement: null })
  })

  it('that is malformed or would cost too much is none', () => {
    for (const change of [
      (text: string) => text.replace('ln=15', 'ln=18'),
      (text: string) => text.replace('ln=15', 'ln=99'),
      (text: string) => text.replace('r=8', 'r=99'),
      (text: string) => text.replace('p=3', 'p=99'),
      (text: string) => text.replace('p=3', 'p=0'),
      (text: string) => text.replace('ln=15', 'ln=0'),
      (text: string) => text.replace('r=8,', ''),
      (text: string) => text.replace('scrypt', 'scrypt2'),
      (text: string) => text.slice(0, -1),
      (text: string) => `${text}=`,
      (text: string) => `${text}\n`,
      (text: string) => ` ${text}`,
      (text: string) => text.replace('AAEC', 'AA-C'),
    ]) {
      expect(change(SCRYPT.today)).not.toBe(SCRYPT.today)
      expect(readScryptHash(change(SCRYPT.today)), change(SCRYPT.today)).toBeNull()
    }
    expect(readScryptHash(SCRYPT.today)).not.toBeNull()
  })
})

describe('a password that Django stored', () => {
  it.each(DJANGO)('as %s is verified, and replaced once', async (_, stored) => {
    const { isRight, replacement } = await verifyPassword(stored, PASSWORD)
    expect(isRight).toBe(true)
    expect(await readScryptHash(replacement ?? '')?.matches(PASSWORD)).toBe(true)
  })

  it('is compared as it was typed', async () => {
    const stored = 'pbkdf2_sha256$12000$seasalt$lmfu/xGrKlr2uI86p1U6tj51QzxN6zY2VNcs/fu6vnA='
    expect(await readOldPassword(stored)?.('pässwörd-Ω🔑')).toBe(true)
    expect(await readOldPassword(stored)?.('pässwörd-Ω🔑'.normalize('NFD'))).toBe(false)
  })

  it('is verified whatever text it is, and no other is', async () => {
    const salt = fc.stringMatching(/^[A-Za-z0-9]{1,22}$/)
    const text = fc.string({ unit: 'grapheme', maxLength: 100 })
    const storedBy = (salted: string, password: string): string[] => {
      const hex = (digest: string): string => createHash(digest).update(`${salted}${password}`).digest('hex')
      const derived = (digest: string, bytes: number): string =>
        pbkdf2Sync(password, salted, 10, bytes, digest).toString('base64')
      return [
        `sha1$${salted}$${hex('sha1')}`,
        `md5$${salted}$${hex('md5')}`,
        `pbkdf2_sha1$10$${salted}$${derived('sha1', 20)}`,
        `pbkdf2_sha256$10$${salted}$${derived('sha256', 32)}`,
      ]
    }
    await fc.assert(
      fc.asyncProperty(salt, text, text, async (salted, password, other) => {
        for (const stored of storedBy(salted, password)) {
          expect(await readOldPassword(stored)?.(password)).toBe(true)
          expect(await readOldPassword(stored)?.(other)).toBe(other === password)
        }
      }),
    )
  })

  it.each([
    ['with absurdly many iterations', 'pbkdf2_sha256$2000001$seasalt$EoFSPeQ3PHpNzjrlgGfuqAAeN6x/nTrEp+E0GydRzDI='],
    ['with 10^30 iterations', `pbkdf2_sha256$1${'0'.repeat(30)}$seasalt$EoFSPeQ3PHpNzjrlgGfuqAAeN6x/nTrEp+E0GydRzDI=`],
    ['with no iterations', 'pbkdf2_sha256$0$seasalt$EoFSPeQ3PHpNzjrlgGfuqAAeN6x/nTrEp+E0GydRzDI='],
    ['with fewer than none', 'pbkdf2_sha256$-1$seasalt$EoFSPeQ3PHpNzjrlgGfuqAAeN6x/nTrEp+E0GydRzDI='],
    ['with iterations in words', 'pbkdf2_sha256$many$seasalt$EoFSPeQ3PHpNzjrlgGfuqAAeN6x/nTrEp+E0GydRzDI='],
    ['without iterations', 'pbkdf2_sha256$seasalt$EoFSPeQ3PHpNzjrlgGfuqAAeN6x/nTrEp+E0GydRzDI='],
    ['with an empty key', 'pbkdf2_sha256$10000$seasalt$'],
    ['with a short key', 'pbkdf2_sha256$10000$seasalt$EoFSPQ=='],
    ['with the key of another digest', 'pbkdf2_sha256$10000$seasalt$Jwu25HYWPy/yfYdNS6w3q7sy9sU='],
    ['with more behind it', 'sha1$seasalt$55eef163bf2e349b9946e3183eef620dde0247f5$'],
    ['cut off', 'sha1$seasalt$55eef163bf2e349b9946e3183eef620dde0247f'],
    ['in no hex', 'md5$seasalt$z614725f4cc025a51ab6a354d12890ab'],
    ['with an empty digest', 'md5$seasalt$'],
    ['in an unknown format', 'crypt$$ab1234567890c'],
    ['marked as unusable', '!sha1$seasalt$55eef163bf2e349b9946e3183eef620dde0247f5'],
  ])('%s is no password’s', (_, stored) => {
    expect(readOldPassword(stored)).toBeNull()
  })

  it('and something that is nearly one never make an error', () => {
    const whole = [...DJANGO.map(([, text]) => text), ...Object.values(SCRYPT)]
    const nearly = fc
      .tuple(fc.constantFrom(...whole), fc.nat(60), fc.nat(10), fc.string({ unit: 'binary', maxLength: 10 }))
      .map(([text, at, length, other]) => text.slice(0, at) + other + text.slice(at + length))
    fc.assert(
      fc.property(fc.oneof(nearly, fc.string({ unit: 'binary' })), (text) => {
        expect(() => [readOldPassword(text), readScryptHash(text)]).not.toThrow()
      }),
      { numRuns: 2000 },
    )
  })
})

describe('the work of a refusal', () => {
  /** Of the whole process, in all its threads: what others do on this machine does not count. */
  async function workOf(stored: string | null, password: string): Promise<number> {
    const before = process.cpuUsage()
    expect(await verifyPassword(stored, password)).toEqual(WRONG)
    const { user, system } = process.cpuUsage(before)
    return user + system
  }

  it('is that of a wrong password, whatever is stored', async () => {
    const usual = await workOf(SCRYPT.today, 'correct house')
    const works: [string | null, number][] = []
    for (const stored of UNUSABLE) works.push([stored, await workOf(stored, PASSWORD)])
    for (const stored of [...DJANGO.map(([, text]) => text), SCRYPT.weak])
      works.push([stored, await workOf(stored, 'correct house')])
    // Without a new hash it would be a sixth for the weak one, and a hundredth for the others.
    for (const [stored, work] of works) expect(work / usual, String(stored)).toBeGreaterThan(1 / 3)
  })
})

describe('turns', () => {
  const tooMany = (): Error => new TooManyPasswords()

  it('are taken by so many at once, in the order in which they came', async () => {
    const turns = new Turns(2, 100, tooMany)
    const [begun, gates] = [[] as number[], Array.from({ length: 5 }, () => gateOf<number>())]
    const taken = gates.map(({ promise }, index) =>
      turns.take(() => {
        begun.push(index)
        return promise
      }),
    )
    await settle()
    expect(begun).toEqual([0, 1])
    gates[1]?.resolve(1)
    await settle()
    expect(begun).toEqual([0, 1, 2])
    gates[0]?.reject(new Error('broken'))
    await expect(taken[0]).rejects.toThrow('broken')
    await settle()
    expect(begun).toEqual([0, 1, 2, 3])
    for (const [index, gate] of gates.entries()) gate.resolve(index)
    expect(await Promise.all(taken.slice(1))).toEqual([1, 2, 3, 4])
    expect(begun).toEqual([0, 1, 2, 3, 4])
  })

  it('are free again afterwards', async () => {
    const turns = new Turns(1, 1, tooMany)
    for (let round = 0; round < 3; round += 1) {
      const both = [turns.take(() => Promise.resolve('a')), turns.take(() => Promise.resolve('b'))]
      await expect(turns.take(() => Promise.resolve('c'))).rejects.toThrow(TooManyPasswords)
      expect(await Promise.all(both)).toEqual(['a', 'b'])
    }
  })
})

describe('too many passwords', () => {
  const { promise: released, resolve: release } = gateOf<void>()
  afterEach(() => release())

  it('are refused at once, naming neither password nor hash', async () => {
    const running = [passwordTurns.take(() => released), passwordTurns.take(() => released)]
    const hashing = hashPassword(PASSWORD)
    const waiting = Array.from({ length: 99 }, (_, index) => passwordTurns.take(() => Promise.resolve(index)))
    const refused = await Promise.allSettled([
      hashPassword(PASSWORD),
      verifyPassword(SCRYPT.today, PASSWORD),
      verifyPassword(DJANGO[2][1], PASSWORD),
      verifyPassword(null, PASSWORD),
    ])
    for (const outcome of refused) {
      const reason: unknown = outcome.status === 'rejected' ? outcome.reason : null
      expect(reason).toBeInstanceOf(TooManyPasswords)
      expect(reason).toMatchObject({ retryAfterSeconds: 5 })
      const text = inspect(reason, { depth: null, showHidden: true })
      for (const secret of [PASSWORD, 'AAECAwQF', 'ANYWwrwG', 'seasalt', '55eef163']) expect(text).not.toContain(secret)
    }
    release()
    expect(await Promise.all(waiting)).toHaveLength(99)
    await Promise.all(running)
    expect(await hashing).toMatch(OURS)
  })
})

describe('a new password', () => {
  const ADDRESS = 'Margarita.Long@Example.org'
  const problemOf = (password: unknown): string | null => passwordProblem(password, ADDRESS)

  it.each([
    'correct horse',
    'alice-pass-1',
    'κωδικός!',
    '🔑🗝🔒🔓🔏🔐🚪🏠',
    '  spaces around  ',
    'tr0ub4dor',
    'margarita.long@example.com',
  ])('may be %j', (password) => {
    expect(problemOf(password)).toBeNull()
  })

  it('may have 1024 characters', () => {
    expect(problemOf('x1'.repeat(512))).toBeNull()
  })

  it.each([
    ['a text', [undefined, null, 12345678, ['correct horse'], { length: 20 }]],
    ['at least 8 characters', ['', 'short', '1234567', '🔑🗝🔒🔓', 'e\u0301'.repeat(7)]],
    ['at most 1024 characters', ['x1'.repeat(512) + 'x', 'x'.repeat(10_000_000)]],
    ['characters that can be typed', ['correct\0horse', '\0'.repeat(8), 'correct \ud800 horse']],
    [
      'not your e-mail address',
      [ADDRESS, ADDRESS.toLowerCase(), ADDRESS.toUpperCase(), ` ${ADDRESS} `, 'margarita.long', 'Margarita.Long'],
    ],
    [
      'tried first',
      ['password', 'PassWord', 'Password1', '12345678', 'qwertyuiop', 'iloveyou', 'aaaaaaaa', 'AaAaAaAa', '        '],
    ],
  ])('has, is or consists of %s', (sentence, passwords) => {
    for (const password of passwords) expect(problemOf(password), inspect(password).slice(0, 40)).toContain(sentence)
  })

  it('is not repeated by what is said of it', () => {
    const short = fc.string({ minLength: 3, maxLength: 7 }).map((text) => text.replaceAll(/[A-Za-z0-9 ]/g, 'ж'))
    fc.assert(
      fc.property(short, (password) => {
        expect(problemOf(password)).not.toContain(password)
      }),
    )
    for (const password of ['qwertyuiop', 'margarita.long']) expect(problemOf(password)).not.toContain(password)
  })
})

/** Until all that can go on has gone on. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

interface Gate<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
}

function gateOf<T>(): Gate<T> {
  let [resolve, reject]: [Gate<T>['resolve'], Gate<T>['reject']] = [() => {}, () => {}]
  const promise = new Promise<T>((...both) => ([resolve, reject] = both))
  return { promise, resolve, reject }
}
