import type { Random } from './random.ts'

/** A JSON document before it is text: members may repeat, and a number is what is written. */
export type Node = string | boolean | null | Raw | readonly Node[] | Members

/** Text that stands in the document as it is. */
export class Raw {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export class Members {
  readonly entries: readonly (readonly [string, Node])[]
  constructor(entries: readonly (readonly [string, Node])[]) {
    this.entries = entries
  }
}

export function nodeOf(value: unknown): Node {
  if (typeof value === 'number' || typeof value === 'bigint') return new Raw(String(value))
  if (Array.isArray(value)) return value.map(nodeOf)
  if (typeof value === 'object' && value !== null)
    return new Members(Object.entries(value).map(([name, member]) => [name, nodeOf(member)]))
  return value as string | boolean | null
}

export function textOf(node: Node): string {
  if (node instanceof Raw) return node.text
  if (node instanceof Members)
    return `{${node.entries.map(([name, member]) => `${JSON.stringify(name)}:${textOf(member)}`).join(',')}}`
  if (typeof node === 'object' && node !== null) return `[${node.map(textOf).join(',')}]`
  return JSON.stringify(node)
}

const RAW = [
  '0',
  '1',
  '-1',
  '-0',
  '2',
  '90001',
  '1.0',
  '1.5',
  '-1.0',
  '1e2',
  '1E400',
  '0.1e-9',
  '5e-324',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '-9223372036854775809',
  '9007199254740993',
  '18446744073709551616',
  '123456789012345678901234567890',
  `1${'0'.repeat(400)}`,
  'NaN',
  'Infinity',
  '-Infinity',
  '01',
  '+1',
  '.5',
  '1.',
  '0x10',
  'undefined',
  'True',
  "'x'",
  '',
  '"\\u0000"',
  '"\\ud800"',
  '"\\udc00x"',
  '"a\\ud83d"',
  '"\\x"',
  '"\\u12"',
  '"\t"',
  '"open',
].map((text) => new Raw(text))

const VALUES: readonly Node[] = [
  ...RAW,
  true,
  false,
  null,
  '',
  ' ',
  '1',
  'x',
  'null',
  'ü',
  '😀',
  'a\\b"c',
  '../..',
  "'; drop table users; --",
  '<uuid:alice>',
  '<uuid:bob>',
  '<uuid:trent>',
  '<token:alice>',
  '<token:component:cyclades>',
  'user:<uuid:alice>',
  'a'.repeat(4096),
  'a'.repeat(4097),
  '😀'.repeat(4096),
  'x'.repeat(60_000),
  [],
  [[]],
  [null],
  [new Raw('90001')],
  [new Raw('90001'), new Raw('90001')],
  new Members([]),
  new Members([['id', null]]),
  new Members([['', '']]),
]

const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'id',
  '',
  'length',
  'accept',
  'reject',
  'force',
  'ü',
  'provisions',
]

/** What members of a name are tried with, beside what everything is tried with. */
export type Hints = Readonly<Record<string, readonly Node[]>>

/** One change somewhere in a document. */
export function mutated(node: Node, random: Random, hints: Hints = {}): Node {
  const isInner = node instanceof Members || Array.isArray(node)
  if (!isInner || random.chance(0.25))
    return random.weighted([
      [5, random.pick(VALUES)],
      [1, [node]],
    ] as const)
  if (node instanceof Members) return new Members(mutatedMembers(node.entries, random, hints))
  const items = node as readonly Node[]
  const at = random.below(items.length)
  if (items.length === 0 || random.chance(0.15)) return [...items, random.pick(VALUES)]
  if (random.chance(0.1)) return items.filter((_, index) => index !== at)
  if (random.chance(0.1)) return [...items, items[at] as Node]
  return items.map((item, index) => (index === at ? mutated(item, random, hints) : item))
}

function mutatedMembers(
  entries: readonly (readonly [string, Node])[],
  random: Random,
  hints: Hints,
): readonly (readonly [string, Node])[] {
  const hintsOf = (name: string): readonly Node[] | undefined => (Object.hasOwn(hints, name) ? hints[name] : undefined)
  const valueOf = (name: string): Node => random.pick(random.chance(0.5) ? (hintsOf(name) ?? VALUES) : VALUES)
  const added = (): readonly [string, Node] => {
    const name = random.pick(random.chance(0.5) ? [...NAMES, ...Object.keys(hints)] : NAMES)
    return [name, valueOf(name)]
  }
  const at = random.below(entries.length)
  const [name, member] = entries[at] ?? ['', null]
  if (entries.length === 0 || random.chance(0.1)) return [...entries, added()]
  if (random.chance(0.12)) return entries.filter((_, index) => index !== at)
  // Of two with one name the last counts.
  if (random.chance(0.06)) return [...entries, [name, valueOf(name)]]
  if (random.chance(0.06)) return [[name, valueOf(name)], ...entries]
  if (random.chance(0.05)) return entries.map((entry, index) => (index === at ? [name.toUpperCase(), member] : entry))
  const own = hintsOf(name)
  const changed = own && random.chance(0.6) ? random.pick(own) : mutated(member, random, hints)
  return entries.map((entry, index) => (index === at ? [name, changed] : entry))
}
