/** What of a page is not shown. */
const HIDDEN = /<!--[\s\S]*?-->|<(script|style|head|template|noscript)\b[\s\S]*?<\/\1\s*>|<[!?][^>]*>/gi

/** What begins a paragraph of its own. */
const BLOCKS =
  /<\/?(?:p|div|h[1-6]|ul|ol|dl|table|section|article|header|footer|blockquote|pre|hr|body|html|main|nav|form)\b[^>]*>/gi
const LINES = /<(?:br|tr|dt|dd)\b[^>]*>|<\/(?:li|tr|dt|dd)\s*>/gi

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  ndash: '–',
  mdash: '—',
  hellip: '…',
  laquo: '«',
  raquo: '»',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  bull: '•',
  copy: '©',
  reg: '®',
  euro: '€',
  sect: '§',
}

/** HTML as plain text, a blank line between paragraphs. What is left is shown as text, so nothing in it can do anything. */
export function plainTextOf(html: string): string {
  return html
    .replaceAll(HIDDEN, ' ')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(BLOCKS, '\n\n')
    .replaceAll(LINES, '\n')
    .replaceAll(/<li\b[^>]*>/gi, '\n- ')
    .replaceAll(/<\/?[a-z][^>]*>/gi, '')
    .replaceAll(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}));/gi, characterOf)
    .split(/\n[ ]*\n\s*/)
    .map((paragraph) =>
      paragraph
        .split('\n')
        .map((line) => line.replaceAll(/ +/g, ' ').trim())
        .filter((line) => line !== '')
        .join('\n'),
    )
    .filter((paragraph) => paragraph !== '')
    .join('\n\n')
}

function characterOf(whole: string, decimal?: string, hexadecimal?: string, name?: string): string {
  if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal)
  const isCharacter = code >= 32 && code <= 0x10_ff_ff && !(code >= 0xd8_00 && code <= 0xdf_ff)
  return isCharacter ? String.fromCodePoint(code) : ' '
}
