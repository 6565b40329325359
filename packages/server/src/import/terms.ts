import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ConfigError } from '../config.ts'
import { copy, type Import } from './copy.ts'
import { plainTextOf } from './plain-text.ts'
import { insertInto } from './target.ts'

/** The text of terms is not in the database: it is a file on the old host. Source: database specification, `im_approvalterms`. */

const TERMS = insertInto('terms', { id: 'bigint', body: 'text', published: 'timestamptz' })

interface Row {
  readonly id: number
  readonly date: string
  readonly location: string
}

export async function copyTerms(to: Import): Promise<void> {
  const { source, notes, termsDir } = to
  const rows = await source.all<Row>('select id, date::text, location from im_approvalterms order by id')
  const texts = new Map<number, string>()
  for (const { id, location } of rows) {
    // oxlint-disable-next-line no-await-in-loop -- there are few
    const text = termsDir === null ? null : await textOf(termsDir, location)
    if (text !== null) texts.set(id, text)
    else
      notes.leaveOut(
        'terms',
        termsDir === null ? 'without --terms-dir nobody has their text' : 'their file is not in --terms-dir',
      )
  }
  const newest = rows.at(-1)
  if (newest && !texts.has(newest.id))
    notes.steps.push(
      `The newest terms are missing: put ${JSON.stringify(basename(newest.location))} of the old host into a folder for --terms-dir and import anew, or publish a text afterwards, to which everybody has to agree again`,
    )
  await copy<Row, typeof TERMS.columns>(to, {
    what: 'terms',
    from: 'im_approvalterms',
    select: 'select id, date::text, location from im_approvalterms order by id',
    into: TERMS,
    row({ id, date }) {
      const body = texts.get(id)
      return body === undefined ? null : { id, body, published: date }
    },
  })
  if (texts.size > 0) notes.change('terms', 'HTML has become plain text', texts.size)
}

/** Null: the file is not there. Found by its name alone, whatever folder it was in. */
async function textOf(folder: string, location: string): Promise<string | null> {
  const name = basename(location)
  if (name === '' || name === '.' || name === '..' || name.includes('\0')) return null
  let html: string
  try {
    html = await readFile(join(folder, name), 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    throw new ConfigError('--terms-dir:', message)
  }
  const text = plainTextOf(html)
  if (text === '') throw new ConfigError('--terms-dir:', `${name} holds no text`)
  return text
}
