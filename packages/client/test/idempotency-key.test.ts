import { describe, expect, it } from 'vitest'
import { freshKey } from '../src/idempotency-key.ts'

describe('freshKey', () => {
  it('never gives a key twice, also after the bits that were drawn are used up', () => {
    const keys = Array.from({ length: 10_000 }, freshKey)
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('gives 128 bits in hexadecimal', () => {
    for (let count = 0; count < 600; count += 1) expect(freshKey()).toMatch(/^[0-9a-f]{32}$/)
  })
})
