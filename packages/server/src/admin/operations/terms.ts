import { z } from 'zod'
import { addTerms, listTerms, readTerms } from '../../operations/terms.ts'
import { Refused } from '../../projects/refused.ts'
import { id, page, pageOf, text } from '../input.ts'
import { changes, reads, type Operation } from '../operation.ts'

/** What users agree to. Source: administration specification, 1.7. */

/** More than that nobody reads. */
const CHARACTERS_MAX = 500_000

const add = changes({
  name: 'term-add',
  scope: 'terms:write',
  summary: 'Publishes new terms of use, which everybody has to agree to before going on.',
  input: z.strictObject({
    text: text(CHARACTERS_MAX)
      .refine((value) => value.trim() !== '', 'must not be blank')
      .describe('plain text, a blank line between paragraphs'),
  }),
  async run({ tx }, { text: body }) {
    const { id: number, published, withdrawn } = await addTerms(tx, body)
    return {
      output: { id: number, published, withdrawn, messages: [`Created term id ${number}`] },
      changes: [{ subject: `terms:${number}`, before: null, after: { published, withdrawn } }],
    }
  },
})

const list = reads({
  name: 'term-list',
  scope: 'terms:read',
  summary: 'Lists the terms of use, the oldest first; the latest ones count.',
  input: z.strictObject(page),
  run: async ({ tx }, { after, limit }) => pageOf(await listTerms(tx, after ?? null, limit + 1), limit),
})

const show = reads({
  name: 'term-show',
  scope: 'terms:read',
  summary: 'Shows terms of use with their text.',
  input: z.strictObject({ id: id.optional().describe('their number (the latest ones)') }),
  async run({ tx }, { id: number }) {
    const terms = await readTerms(tx, number ?? null)
    if (!terms)
      throw new Refused(
        'unknown',
        number === undefined ? 'There are no terms of use.' : `id: there are no terms ${number}`,
      )
    const { body, ...rest } = terms
    return { ...rest, text: body }
  },
})

export const termsOperations: readonly Operation[] = [add, list, show]
