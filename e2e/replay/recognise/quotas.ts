import type { Recorded } from '../recorded.ts'
import { distinct } from './bodies.ts'
import type { Drive, Recognised } from './drive.ts'
import { LeftOut } from './rules.ts'

export function quotas(): Recognised {
  return { drives: [{ name: 'getQuotas', call: (c, o) => c.getQuotas(o) }] }
}

export function serviceQuotas(recorded: Recorded): Recognised {
  const query = distinct(recorded.query, 'query')
  const filters = spellings({ user: query.get('user'), projectId: query.get('project') })
  return checked(filters, [
    ...filters.map(({ label, filter }): Drive => ({
      name: `serviceGetQuotas${label}`,
      call: (c, o) => c.serviceGetQuotas({ ...o, ...filter }),
    })),
    ...filters.slice(0, 1).map(({ filter }): Drive => ({
      name: 'serviceQuotasEntries',
      call: async (c, o) => Object.fromEntries(await all(c.serviceQuotasEntries({ ...o, ...filter }))),
    })),
  ])
}

export function serviceProjectQuotas(recorded: Recorded): Recognised {
  const filters = spellings({ projectId: distinct(recorded.query, 'query').get('project') })
  return checked(filters, [
    ...filters.map(({ label, filter }): Drive => ({
      name: `serviceGetProjectQuotas${label}`,
      call: (c, o) => c.serviceGetProjectQuotas({ ...o, ...filter }),
    })),
    ...filters.slice(0, 1).map(({ filter }): Drive => ({
      name: 'serviceProjectQuotasEntries',
      call: async (c, o) => Object.fromEntries(await all(c.serviceProjectQuotasEntries({ ...o, ...filter }))),
    })),
  ])
}

type Texts = Readonly<Record<string, string | undefined>>
interface Spelling {
  readonly label: string
  readonly filter: Readonly<Record<string, string | string[] | undefined>>
}

/** The filter as texts, and where each of its texts can be split into ids, as lists of ids too. */
function spellings(texts: Texts): Spelling[] {
  const given = Object.entries(texts).filter(([, text]) => text !== undefined)
  const lists = given.map(([name, text = '']): [string, string[]] => [name, text.split(',')])
  const asTexts = { label: '', filter: texts }
  if (lists.length === 0 || lists.some(([, ids]) => ids.includes(''))) return [asTexts]
  return [asTexts, { label: ' with lists', filter: Object.fromEntries(lists) }]
}

function checked(filters: readonly Spelling[], drives: readonly Drive[]): Recognised {
  if (filters.some(({ filter }) => Object.values(filter).includes(''))) throw new LeftOut('refused', drives)
  return { drives }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const item of items) collected.push(item)
  return collected
}
