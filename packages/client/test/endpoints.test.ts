import { describe, expect, it } from 'vitest'
import { parseEndpoints } from '../src/endpoints.ts'
import type { EndpointFilter } from '../src/endpoints.ts'
import { BadValue, NoEndpoints } from '../src/errors.ts'
import type { CatalogEndpoint, CatalogService, Endpoints } from '../src/wire/types.ts'

const endpoint = (region: string, versionId: string): CatalogEndpoint => ({
  region,
  versionId,
  publicURL: `https://${region}.example.com/${versionId}`,
  'SNF:uiURL': null,
})
const service = (name: string, type: string, endpoints: CatalogEndpoint[]): CatalogService => ({
  name,
  type,
  endpoints_links: [],
  endpoints,
})
const account = service('astakos_account', 'account', [endpoint('default', 'v1.0'), endpoint('north', 'v2.0')])
const compute = service('cyclades_compute', 'compute', [endpoint('default', 'v2.0')])
const bare = service('astakos_weblogin', 'astakos_weblogin', [])
const catalog = (...serviceCatalog: unknown[]): Endpoints => ({ access: { serviceCatalog } }) as Endpoints
const all = catalog(account, compute, bare)

const failure = (input: unknown, filter?: EndpointFilter): unknown => {
  try {
    return parseEndpoints(input as Endpoints, filter)
  } catch (error) {
    return error
  }
}
const messageOf = (input: unknown, filter?: EndpointFilter): string => {
  const error = failure(input, filter)
  expect(error).toBeInstanceOf(NoEndpoints)
  return (error as NoEndpoints).message
}

describe('parseEndpoints', () => {
  it('returns the whole catalog without criteria', () => {
    expect(parseEndpoints(all)).toEqual([account, compute, bare])
    expect(parseEndpoints(all, {})).toEqual([account, compute, bare])
    expect(parseEndpoints(all, { name: null, type: undefined, region: null, versionId: undefined })).toHaveLength(3)
  })

  it('chooses services by name and by type', () => {
    expect(parseEndpoints(all, { name: 'cyclades_compute' })).toEqual([compute])
    expect(parseEndpoints(all, { type: 'account' })).toEqual([account])
    expect(parseEndpoints(all, { name: 'astakos_account', type: 'account' })).toEqual([account])
  })

  it('keeps a service without endpoints when no criterion is about endpoints', () => {
    expect(parseEndpoints(all, { name: 'astakos_weblogin' })).toEqual([bare])
  })

  it('chooses endpoints by region and by version, and drops services that are left without', () => {
    expect(parseEndpoints(all, { region: 'north' })).toEqual([{ ...account, endpoints: [endpoint('north', 'v2.0')] }])
    expect(parseEndpoints(all, { versionId: 'v2.0' })).toEqual([
      { ...account, endpoints: [endpoint('north', 'v2.0')] },
      compute,
    ])
  })

  it('asks for all criteria at once', () => {
    expect(
      parseEndpoints(all, { name: 'astakos_account', type: 'account', region: 'north', versionId: 'v2.0' }),
    ).toEqual([{ ...account, endpoints: [endpoint('north', 'v2.0')] }])
    messageOf(all, { name: 'astakos_account', type: 'compute' })
    messageOf(all, { region: 'north', versionId: 'v1.0' })
    messageOf(all, { name: 'cyclades_compute', region: 'north' })
  })

  it('keeps members that it does not know', () => {
    const newer = catalog({
      ...account,
      icon: { url: 'x' },
      endpoints: [{ ...endpoint('default', 'v1.0'), weight: 9n }],
    })
    expect(parseEndpoints(newer, { region: 'default' })).toEqual(newer.access.serviceCatalog)
  })

  it('compares exactly', () => {
    messageOf(all, { name: 'Astakos_account' })
    messageOf(all, { name: 'astakos_account ' })
    messageOf(all, { name: '' })
  })

  it('leaves its argument as it was (C-8)', () => {
    const input = structuredClone(all)
    parseEndpoints(input, { region: 'north' })
    expect(input).toEqual(all)
  })

  it('returns a copy that shares nothing with its argument', () => {
    const input = structuredClone(all)
    for (const filter of [{}, { region: 'default' }]) {
      const [found] = parseEndpoints(input, filter)
      found!.name = 'changed'
      found!.endpoints_links.push('changed')
      found!.endpoints[0]!.region = 'changed'
      found!.endpoints.length = 0
    }
    expect(input).toEqual(all)
  })

  it.each<[string, EndpointFilter | undefined, string]>([
    ['nothing', undefined, '.'],
    ['nulls', { name: null, region: null }, '.'],
    ['a name', { name: 'n' }, ', name = n'],
    ['a type', { type: 't' }, ', type = t'],
    ['a region', { region: 'r' }, ', region = r'],
    ['a version', { versionId: 'v' }, ', version_id = v'],
    ['a type and a version', { versionId: 'v', type: 't' }, ', type = t, version_id = v'],
    [
      'everything',
      { versionId: 'v', region: 'r', type: 't', name: 'n' },
      ', name = n, type = t, region = r, version_id = v',
    ],
  ])('names in the message every criterion that was given: %s (C-7)', (_, filter, rest) => {
    expect(messageOf(catalog(), filter)).toBe(`No endpoints found matching${rest}`)
  })

  it.each<[string, unknown]>([
    ['null', null],
    ['undefined', undefined],
    ['a text', 'access'],
    ['a number', 7],
    ['an empty object', {}],
    ['an array', []],
    ['access that is null', { access: null }],
    ['access without a catalog', { access: {} }],
    ['a catalog that is null', { access: { serviceCatalog: null } }],
    ['a catalog that is an object', { access: { serviceCatalog: {} } }],
    ['an empty catalog', { access: { serviceCatalog: [] } }],
    ['a service that is null', { access: { serviceCatalog: [null] } }],
    ['a service that is a list', { access: { serviceCatalog: [[]] } }],
  ])('finds nothing in %s', (_, input) => {
    expect(messageOf(input)).toBe('No endpoints found matching.')
  })

  it('finds nothing where a key is missing or no text that a criterion needs', () => {
    const without = (change: object): Endpoints => catalog(account, { ...compute, ...change })
    messageOf(without({ name: undefined }), { name: 'astakos_account' })
    messageOf(without({ name: 3 }), { name: 'astakos_account' })
    messageOf(without({ type: null }), { type: 'account' })
    messageOf(without({ endpoints: undefined }), { region: 'default' })
    messageOf(without({ endpoints: 'none' }), { versionId: 'v1.0' })
    messageOf(without({ endpoints: [null] }), { region: 'default' })
    messageOf(without({ endpoints: [{ versionId: 'v1.0' }] }), { region: 'default' })
    messageOf(without({ endpoints: [{ region: 'default', versionId: 1 }] }), { versionId: 'v1.0' })
  })

  it('does not need keys of what an earlier criterion has left out', () => {
    const partial = catalog(account, { name: 'other' }, { name: 'another', type: 'account' })
    expect(parseEndpoints(partial, { name: 'astakos_account', type: 'account', region: 'north' })).toHaveLength(1)
  })

  it.each<[string, unknown, string]>([
    ['a number', { name: 1 }, 'name'],
    ['an object', { type: {} }, 'type'],
    ['a boolean', { region: false }, 'region'],
    ['an array', { versionId: ['v1.0'] }, 'versionId'],
    ['null for the filter', null, 'filter'],
    ['a text for the filter', 'astakos_account', 'filter'],
  ])('refuses %s', (_, filter, argument) => {
    for (const input of [all, null]) {
      const error = failure(input, filter as EndpointFilter)
      expect(error).toBeInstanceOf(BadValue)
      expect(error).toMatchObject({ argument })
    }
  })
})
