import type { Queryable } from '../db/statement.ts'
import { sql } from '../db/statement.ts'

const COMPONENTS = sql('select name, ui_url from components order by id')

interface Meta {
  readonly [member: string]: unknown
}

/** What is known of three names without anybody having said it. Source: identity specification, 7.1. */
const WELL_KNOWN: Readonly<Record<string, Meta>> = {
  astakos: {
    order: 1,
    dashboard: { order: 3, show: true, description: 'Your account: personal data, projects, quotas and API access.' },
    cloudbar: { show: false },
  },
  pithos: {
    order: 2,
    dashboard: { order: 1, show: true, description: 'Your files, stored in the cloud and shared with whom you like.' },
    cloudbar: { show: true },
  },
  cyclades: {
    order: 3,
    dashboard: { order: 2, show: true, description: 'Your virtual machines, their networks, volumes and images.' },
    cloudbar: { show: true },
  },
}

/** Descriptions of the registered components, and of those that only the settings know. */
export async function describeComponents(on: Queryable, overrides: Readonly<Record<string, Meta>>): Promise<Meta[]> {
  const rows = await on.query<{ name: string; ui_url: string | null }>(COMPONENTS)
  const registered = new Set(rows.map(({ name }) => name))
  const described = rows.map(({ name, ui_url }) =>
    [defaultsOf(name), WELL_KNOWN[name] ?? {}, { name, url: ui_url }, own(overrides, name)].reduce(merge),
  )
  const others = Object.keys(overrides).filter((name) => !registered.has(name))
  return [
    ...described,
    ...others.map((name) => [defaultsOf(name), WELL_KNOWN[name] ?? {}, own(overrides, name)].reduce(merge)),
  ].toSorted((one, other) => Number(one['order']) - Number(other['order']))
}

function own(overrides: Readonly<Record<string, Meta>>, name: string): Meta {
  return Object.hasOwn(overrides, name) ? (overrides[name] ?? {}) : {}
}

function defaultsOf(name: string): Meta {
  return {
    name,
    order: 1000,
    verbose_name: name.toLowerCase().replaceAll(/(?<![a-z])[a-z]/g, (letter) => letter.toUpperCase()),
    cloudbar: { show: true, title: name },
    dashboard: { show: true, order: 1000, description: `${name} service` },
  }
}

function merge(base: Meta, over: Meta): Meta {
  const merged: Record<string, unknown> = { ...base }
  for (const [name, value] of Object.entries(over)) {
    const before = merged[name]
    merged[name] = isMeta(before) && isMeta(value) ? merge(before, value) : value
  }
  return merged
}

function isMeta(value: unknown): value is Meta {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
