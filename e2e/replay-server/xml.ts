import { isObject, type Json } from '../replay/json.ts'
import { PLACEHOLDER } from '../replay/placeholders.ts'

const TOKEN =
  /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<(?<close>\/)?(?<name>[\w:.-]+)(?<attributes>(?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(?<empty>\/)?>|(?<text>[^<]+)/y
const ATTRIBUTE = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

interface Element {
  name: string
  attributes: Record<string, string>
  children: Json[]
}

/**
 * A document as a value to compare: `{name, attributes, children}`. Blanks between elements, the order of attributes
 * and declarations of namespaces do not count; qualified names are texts, as the recordings use an undeclared prefix.
 *
 * @throws {SyntaxError} the text is no well-formed document.
 */
export function readXml(text: string): Json {
  const root: Element = { name: '', attributes: {}, children: [] }
  const open: Element[] = [root]
  TOKEN.lastIndex = 0
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    const { close, name, attributes = '', empty, text: characters } = TOKEN.exec(text)?.groups ?? malformed(text, at)
    const parent = open.at(-1) ?? root
    if (characters !== undefined) {
      const content = unescaped(characters).trim()
      if (content !== '') parent.children.push(content)
    } else if (close !== undefined) {
      if (open.pop()?.name !== name || open.length === 0) malformed(text, at)
    } else if (name !== undefined) {
      const element: Element = { name, attributes: attributesOf(attributes), children: [] }
      parent.children.push(element as unknown as Json)
      if (empty === undefined) open.push(element)
    }
  }
  const [document, ...others] = root.children
  if (open.length !== 1 || others.length > 0 || !isObject(document)) malformed(text, text.length)
  return document
}

/** A recorded document: its placeholders, which look like tags, stay placeholders. */
export function readXmlTemplate(template: string): Json {
  const placeholders: string[] = []
  const text = template.replace(PLACEHOLDER, (whole) => {
    // Everything is text in XML, numbers too.
    placeholders.push(whole.includes('|') ? whole : whole.replace('>', '|string>'))
    return `\u{E000}${placeholders.length - 1}\u{E001}`
  })
  return restored(readXml(text), placeholders)
}

function restored(value: Json, placeholders: readonly string[]): Json {
  if (typeof value === 'string') {
    return value.replaceAll(/\u{E000}(\d+)\u{E001}/gu, (_, index: string) => placeholders[Number(index)] ?? '')
  }
  if (Array.isArray(value)) return value.map((item) => restored(item, placeholders))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, restored(member, placeholders)]))
}

function attributesOf(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(ATTRIBUTE)]
      .filter(([, name = '']) => name !== 'xmlns' && !name.startsWith('xmlns:'))
      .map(([, name = '', double, single]) => [name, unescaped(double ?? single ?? '')]),
  )
}

function unescaped(text: string): string {
  return text.replaceAll(
    /&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (hex !== undefined) return String.fromCodePoint(parseInt(hex, 16))
      if (decimal !== undefined) return String.fromCodePoint(Number(decimal))
      return ENTITIES[name ?? ''] ?? whole
    },
  )
}

function malformed(text: string, at: number): never {
  throw new SyntaxError(`no well-formed XML at ${at}: ${text.slice(at, at + 40)}`)
}
