import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { OPERATIONS_FILE, writeOperations } from '../scripts/operations.ts'
import { operations } from '../src/admin/operations/index.ts'

/** How a page is laid out is the formatter's: blanks and escapes don't count. */
const words = (text: string): string => text.replaceAll(/[\s\\]+/g, ' ').trim()

describe('the page of operations', () => {
  it('is written from them (`npm run operations` writes it anew)', () => {
    expect(words(readFileSync(OPERATIONS_FILE, 'utf8'))).toBe(words(writeOperations()))
  })

  it('has each of them', () => {
    const page = readFileSync(OPERATIONS_FILE, 'utf8')
    for (const name of operations.keys()) expect(page).toContain(`\n### \`${name}\`\n`)
  })
})
