import { describe, expect, it } from 'vitest'
import { AstakosClient, BadValue } from '../src/index.ts'
import { serve } from './support/service.ts'

const holders: readonly [string, unknown][] = [
  ['a Map', new Map([['cyclades.vm', 1]])],
  ['a Date', new Date()],
  ['an array of bytes', new Uint8Array([1, 2])],
  ['Headers', new Headers({ 'X-Trace': '1' })],
]

describe.each(holders)('%s in the place of an object is refused before anything is sent', (_, value) => {
  const given = value as never

  it.each<[string, (client: AstakosClient) => Promise<unknown>]>([
    ['provisions', (client) => client.issueOneCommission('h', 's', given)],
    ['filter', (client) => client.serviceGetQuotas(given)],
    ['specs', (client) => client.modifyProject('p', given)],
    ['headers', (client) => client.getQuotas({ headers: given })],
  ])('as %s', async (argument, call) => {
    await using service = await serve()
    const error = await call(new AstakosClient('token', service.authUrl)).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(BadValue)
    expect((error as BadValue).argument).toBe(argument)
    expect(service.requests).toEqual([])
  })

  it('as headers or tls of the constructor', () => {
    for (const options of [{ headers: given }, { tls: given }]) {
      expect(() => new AstakosClient('token', 'http://127.0.0.1:1', options)).toThrow(BadValue)
    }
  })
})

it('a client id and a secret of a megabyte are encoded', async () => {
  await using service = await serve(() => ({ status: 400, body: {} }))
  const client = new AstakosClient('token', service.authUrl)
  const error = await client
    .getToken('authorization_code', 'x'.repeat(300_000), 's', { code: 'c' })
    .catch((thrown: unknown) => thrown)
  expect(error).not.toBeInstanceOf(RangeError)
})

it('specs that are nested too deeply are refused, with their name', async () => {
  let deep: object = {}
  for (let depth = 0; depth < 100_000; depth += 1) deep = { deep }
  await using service = await serve()
  const client = new AstakosClient('token', service.authUrl)
  await expect(client.modifyProject('p', { deep } as never)).rejects.toMatchObject({
    name: 'BadValue',
    argument: 'specs',
  })
  expect(service.requests).toEqual([])
})

it.each([' https://x.example.com', 'https://x.example.com#', 'https://x.example.com?'])('%j is no authUrl', (text) => {
  expect(() => new AstakosClient('token', text)).toThrow(BadValue)
})
