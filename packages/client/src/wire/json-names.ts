const [LINE_FEED, RETURN, TAB, SPACE, QUOTE, COLON] = [0x0a, 0x0d, 0x09, 0x20, 0x22, 0x3a]

/**
 * Whether a member's name is written with an escape. `JSON.parse` of V8 12.8 and newer (Node 24 and 26, today's browsers)
 * may read such a name as another one, `"\""` as a backslash, once any code in the process has parsed an object with a
 * name like that other one: https://github.com/nodejs/node/issues/63785. So it is not for `JSON.parse`.
 *
 * Most texts have no backslash at all; in the others, only strings with an escape are looked at, from it to their end.
 */
export function hasEscapedName(text: string): boolean {
  const end = text.length
  for (let at = text.indexOf('\\'); at !== -1; at = text.indexOf('\\', at)) {
    at = endOfString(text, at)
    while (at < end && isSpace(text.charCodeAt(at))) at += 1
    if (text.charCodeAt(at) === COLON) return true
  }
  return false
}

/** After the quotation mark that ends the string in which the escape at `at` stands. */
function endOfString(text: string, at: number): number {
  const end = text.length
  while (at < end) {
    if (text[at] === '\\') at += 1
    else if (text.charCodeAt(at) === QUOTE) return at + 1
    at += 1
  }
  return end
}

function isSpace(code: number): boolean {
  return code === SPACE || code === LINE_FEED || code === RETURN || code === TAB
}
