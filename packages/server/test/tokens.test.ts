import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadSecretKeys } from '../src/identity/secret-key.ts'
import { idOf, SecretKeys } from '../src/identity/secret-keys.ts'
import { isTokenOf, newCsrfToken } from '../src/signin/csrf.ts'
import { checkToken, generateToken, hashToken, openToken, opensWith, sealToken } from '../src/identity/tokens.ts'

describe('a token', () => {
  it('has 43 characters of URL-safe base64, another one each time', () => {
    const tokens = Array.from({ length: 100 }, generateToken)
    for (const token of tokens) expect(token).toMatch(/^[\w-]{43}$/)
    expect(new Set(tokens).size).toBe(100)
  })

  it('that is set by hand has 22 to 64 visible characters', () => {
    expect(() => checkToken('x'.repeat(22))).not.toThrow()
    expect(() => checkToken('x'.repeat(64))).not.toThrow()
    for (const token of ['x'.repeat(21), 'x'.repeat(65), ''])
      expect(() => checkToken(token)).toThrow('22 to 64 characters')
    for (const token of ['x'.repeat(30) + ' ', 'é'.repeat(30), 'x'.repeat(30) + '\n'])
      expect(() => checkToken(token)).toThrow('visible ASCII')
  })

  it('is found by its hash, from which nothing of it can be read', () => {
    const token = generateToken()
    expect(hashToken(token)).toHaveLength(32)
    expect(hashToken(token)).toEqual(hashToken(token))
    expect(hashToken(token).toString('latin1')).not.toContain(token.slice(0, 4))
  })

  it('that was sealed is opened with the key, for its owner, unchanged', () => {
    const [key, token] = [new SecretKeys(Buffer.alloc(32, 1)), generateToken()]
    const sealed = sealToken(key, 'uuid', token)
    expect(openToken(key, 'uuid', sealed)).toBe(token)
    expect(sealed.includes(token)).toBe(false)
    expect(sealToken(key, 'uuid', token)).not.toEqual(sealed)
    expect(() => openToken(new SecretKeys(Buffer.alloc(32, 2)), 'uuid', sealed)).toThrow('unable to authenticate data')
    expect(() => openToken(key, 'another', sealed)).toThrow('unable to authenticate data')
    const changed = Buffer.from(sealed)
    changed[25] = (changed[25] ?? 0) ^ 1
    expect(() => openToken(key, 'uuid', changed)).toThrow('unable to authenticate data')
  })
})

describe('a ring of keys', () => {
  const [one, two, three] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2), Buffer.alloc(32, 3)] as const

  it('seals under its first key and opens under each', () => {
    const sealed = sealToken(new SecretKeys(two, one), 'uuid', 'a token')
    for (const keys of [new SecretKeys(two), new SecretKeys(one, two), new SecretKeys(three, one, two)])
      expect(openToken(keys, 'uuid', sealed)).toBe('a token')
    expect(opensWith(new SecretKeys(one, three), 'uuid', sealed)).toBe(false)
    expect(sealed.subarray(0, 8)).toEqual(idOf(two))
  })

  it('opens what was sealed before keys had names', () => {
    const sealed = sealToken(new SecretKeys(two), 'uuid', 'a token').subarray(8)
    expect(openToken(new SecretKeys(one, two), 'uuid', sealed)).toBe('a token')
    expect(() => openToken(new SecretKeys(one, three), 'uuid', sealed)).toThrow('unable to authenticate data')
  })

  it('does not show what it holds', () => {
    const keys = new SecretKeys(one, two)
    expect(`${inspect(keys, { showHidden: true })} ${JSON.stringify({ keys })}`).not.toMatch(/0101|1, 1|AQEB/)
  })

  it('takes forms that were made under each of its keys', () => {
    const form = newCsrfToken(new SecretKeys(one), 'session')
    expect(isTokenOf(new SecretKeys(two, one), 'session', form)).toBe(true)
    expect(isTokenOf(new SecretKeys(two, one), 'another', form)).toBe(false)
    expect(isTokenOf(new SecretKeys(two, three), 'session', form)).toBe(false)
  })
})

describe('the secret key file', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'astakos-key-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('is made once, for its owner alone', () => {
    const file = join(folder, 'deep', 'key')
    const key = loadSecretKeys(file)
    expect(key.all.map(({ length }) => length)).toEqual([32])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(loadSecretKeys(file).all).toEqual(key.all)
    expect(readFileSync(file, 'utf8')).toBe(`${key.first.toString('hex')}\n`)
  })

  it('that others may read is refused', () => {
    const file = join(folder, 'key')
    loadSecretKeys(file)
    chmodSync(file, 0o640)
    expect(() => loadSecretKeys(file)).toThrow('its mode must be 0600')
  })

  it('may hold several keys, the first of which seals', () => {
    const file = join(folder, 'key')
    const [one, two, three] = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [string, string, string]
    writeFileSync(file, `${one}\n${two} former\r\n${three} next`, { mode: 0o600 })
    expect(loadSecretKeys(file).all.map((key) => key.toString('hex'))).toEqual([one, two, three])
    writeFileSync(file, `${one} next\n${two}\n`)
    expect(() => loadSecretKeys(file)).toThrow('begins with a key that does not seal')
  })

  it.each([[''], ['\n'], ['g'.repeat(64)], [`${'1'.repeat(64)} last`], [`${'1'.repeat(64)}\n\n${'2'.repeat(64)}`]])(
    'that holds %j is refused',
    (text) => {
      const file = join(folder, 'key')
      writeFileSync(file, text, { mode: 0o600 })
      expect(() => loadSecretKeys(file)).toThrow('does not hold 64 hexadecimal digits in each line')
    },
  )

  it('that holds something else is refused, and not repeated', () => {
    const file = join(folder, 'key')
    writeFileSync(file, 'correct horse', { mode: 0o600 })
    expect(() => loadSecretKeys(file)).toThrow('does not hold 64 hexadecimal digits')
    expect(() => loadSecretKeys(file)).not.toThrow('horse')
  })
})
