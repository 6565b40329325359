import { Readable } from 'node:stream'
import { jsonText, type Answer } from './answer.ts'

type Pieces = AsyncGenerator<string, void, undefined>

type Brackets = '[]' | '{}' | readonly [open: string, close: string]

/**
 * A document of any size between brackets: pieces leave as they are read, so few are in memory. What fails before the
 * first one is there is a fault still; what fails later can only break the answer off. A short one is whole already when it
 * begins, so its length is told.
 *
 * @param whenEmpty for no pieces at all. @default just the brackets
 */
export async function streamed(brackets: Brackets, pieces: Pieces, whenEmpty?: () => Answer): Promise<Answer> {
  const [open, close] = brackets
  const first = await pieces.next()
  if (first.done) return whenEmpty?.() ?? jsonText(`${open}${close}`)
  const second = await pieces.next()
  if (second.done) return jsonText(`${open}${first.value}${close}`)
  const begun = `${open}${first.value},${second.value}`
  return jsonText(Readable.from(joined(begun, pieces, close as string), { objectMode: false }))
}

async function* joined(begun: string, rest: Pieces, end: string): Pieces {
  yield begun
  for await (const piece of rest) yield `,${piece}`
  yield end
}
