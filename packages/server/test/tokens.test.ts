import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadSecretKey } from '../src/identity/secret-key.ts'
import { checkToken, generateToken, hashToken, openToken, sealToken } from '../src/identity/tokens.ts'

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
    const [key, token] = [Buffer.alloc(32, 1), generateToken()]
    const sealed = sealToken(key, 'uuid', token)
    expect(openToken(key, 'uuid', sealed)).toBe(token)
    expect(sealed.includes(token)).toBe(false)
    expect(sealToken(key, 'uuid', token)).not.toEqual(sealed)
    expect(() => openToken(Buffer.alloc(32, 2), 'uuid', sealed)).toThrow('unable to authenticate data')
    expect(() => openToken(key, 'another', sealed)).toThrow('unable to authenticate data')
    const changed = Buffer.from(sealed)
    changed[15] = (changed[15] ?? 0) ^ 1
    expect(() => openToken(key, 'uuid', changed)).toThrow('unable to authenticate data')
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
    const key = loadSecretKey(file)
    expect(key).toHaveLength(32)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(loadSecretKey(file)).toEqual(key)
    expect(readFileSync(file, 'utf8')).toBe(`${key.toString('hex')}\n`)
  })

  it('that others may read is refused', () => {
    const file = join(folder, 'key')
    loadSecretKey(file)
    chmodSync(file, 0o640)
    expect(() => loadSecretKey(file)).toThrow('its mode must be 0600')
  })

  it('that holds something else is refused, and not repeated', () => {
    const file = join(folder, 'key')
    writeFileSync(file, 'correct horse', { mode: 0o600 })
    expect(() => loadSecretKey(file)).toThrow('does not hold 64 hexadecimal digits')
    expect(() => loadSecretKey(file)).not.toThrow('horse')
  })
})
