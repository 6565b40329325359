/**
 * Finds out, without parsing, whether `JSON.parse` would be exact about a text.
 *
 * - `plain`: it is.
 * - `unlimited`: it is, if every number that comes out is either safe or 2 ** 63, which then stands for
 *   9223372036854775807 and nothing else.
 * - `large`: perhaps not. Something in the text wants the exact parser.
 *
 * An integer beyond the safe range has 16 digits or more, and so has a float that rounds to 2 ** 63. Each is a run of at
 * least 16 digits and points, which can't be missed by a look at every 16th character.
 */
export type Survey = 'plain' | 'unlimited' | 'large'

const RUN = 16
const UNLIMITED = '9223372036854775807'
const LARGEST_SAFE = '9007199254740991'

export function survey(text: string): Survey {
  const end = text.length
  let unlimited = false
  let at = RUN - 1
  while (at < end) {
    // Of the 15 other characters of a run, 8 lie on one side: a look there passes over nearly all short numbers.
    if (
      inRun(text.charCodeAt(at)) &&
      (inRun(text.charCodeAt(at - 8)) || (at + 8 < end && inRun(text.charCodeAt(at + 8))))
    ) {
      const start = at - placeInUnlimited(text, at)
      if (mayBeUnlimited(text, start)) {
        unlimited = true
        at = start + UNLIMITED.length + RUN
        continue
      }
      let first = at
      while (first > 0 && inRun(text.charCodeAt(first - 1))) first--
      let last = at
      while (last + 1 < end && inRun(text.charCodeAt(last + 1))) last++
      if (!isHarmless(text, first, last + 1)) return 'large'
      at = last + 1 + RUN
      continue
    }
    at += RUN
  }
  return unlimited ? 'unlimited' : 'plain'
}

/** A digit or a point; the slash between them in ASCII is let in, as one comparison less. */
function inRun(code: number): boolean {
  return code < 58 && code > 45
}

const PLACES = new Int8Array(100)
for (let place = 0; place < UNLIMITED.length - 1; place++) PLACES[Number(UNLIMITED.slice(place, place + 2))] = place

/** No two digits in a row occur twice in 9223372036854775807: two of them tell where it begins, if this is it. */
function placeInUnlimited(text: string, at: number): number {
  const next = at + 1 < text.length ? text.charCodeAt(at + 1) - 48 : -1
  if (next < 0 || next > 9) return UNLIMITED.length - 1
  return PLACES[(text.charCodeAt(at) - 48) * 10 + next] ?? 0
}

/**
 * Whether 9223372036854775807 seems to stand here as a number of its own (or in a string, where it does no harm). Only the
 * end is compared, a third of the time: no other token of this length that ends so comes out as 2 ** 63.
 */
function mayBeUnlimited(text: string, start: number): boolean {
  const end = start + UNLIMITED.length
  return (
    start >= 0 &&
    end <= text.length &&
    text.charCodeAt(end - 4) === 53 &&
    text.charCodeAt(end - 3) === 56 &&
    text.charCodeAt(end - 2) === 48 &&
    text.charCodeAt(end - 1) === 55 &&
    (start === 0 || canPrecede(text.charCodeAt(start - 1))) &&
    (end === text.length || canFollow(text.charCodeAt(end)))
  )
}

/** `:`, `,`, `[` or white space. */
function canPrecede(code: number): boolean {
  return code === 58 || code === 32 || code === 44 || code === 91 || code === 10 || code === 9 || code === 13
}

/** `,`, `}`, `]` or white space. */
function canFollow(code: number): boolean {
  return code === 44 || code === 125 || code === 93 || code === 32 || code === 10 || code === 9 || code === 13
}

/** Whether `JSON.parse` is exact about this run all the same, and makes no 2 ** 63 of it. */
function isHarmless(text: string, start: number, end: number): boolean {
  if (end - start < RUN) return true
  // Right after a quotation mark is the start of a string: no number can stand there.
  if (text.charCodeAt(start - 1) === 34) return true
  const run = text.slice(start, end)
  const point = run.indexOf('.')
  if (point === -1) return run.length === RUN && !run.includes('/') && run <= LARGEST_SAFE
  const next = text.charAt(end)
  return point < RUN && next !== 'e' && next !== 'E'
}
