import { describe, expect, it } from 'vitest'
import { AstakosClient } from '../src/index.ts'
import { isDiscovery, serve } from './support/service.ts'

describe('aborting a stream between two entries', () => {
  it('frees its connection for the next call, and the reader learns the reason', async () => {
    const entry = `"u-1": {"p": {"r": {"limit": 1}}}, `
    await using service = await serve((request, response) => {
      if (isDiscovery(request)) return undefined
      if (!request.path.endsWith('/service_quotas')) return { body: {} }
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write(`{${entry.repeat(5000)}`) // and never ends
      return new Promise<undefined>(() => undefined)
    })
    const client = new AstakosClient('token', service.authUrl, { usePool: true, poolSize: 1 })
    const controller = new AbortController()
    const entries = client.serviceQuotasEntries({ signal: controller.signal })
    expect((await entries.next()).done).toBe(false)

    const reason = new Error('enough')
    controller.abort(reason)
    expect(await client.getQuotas({ timeoutMs: 5000 })).toEqual({})
    await expect(entries.next()).rejects.toBe(reason)
    expect((await entries.next()).done).toBe(true)
    await client.close()
  })
})
