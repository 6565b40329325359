import { stringifyExact } from 'astakosclient'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Cloud, collected, transports } from './cloud.ts'
import { LargerWorld } from './worlds.ts'

/** A world whose quotas are larger than what sockets hold, so that a reader can stop in the middle of them. */

const world = new LargerWorld({ users: 45, resources: 250 })
const cloud = new Cloud('--world', world.file)
beforeAll(() => cloud.start())
afterEach(() => cloud.closeClients())
afterAll(async () => {
  await cloud[Symbol.asyncDispose]()
  world[Symbol.dispose]()
})

for (const transport of transports) {
  describe(`streams over ${transport.name}`, () => {
    const more = 'usePool' in transport.options ? { poolSize: 1 } : {}

    it('hold what the whole answer holds, and more than a socket does', async () => {
      const client = cloud.client('component:cyclades', transport, more)
      const all = await client.serviceGetQuotas()
      expect(stringifyExact(all).length).toBeGreaterThan(4 * 2 ** 20)
      expect(Object.fromEntries(await collected(client.serviceQuotasEntries()))).toEqual(all)
    })

    it('can be aborted in their middle, and the service answers the next call', async () => {
      const client = cloud.client('component:cyclades', transport, more)
      const controller = new AbortController()
      const entries = client.serviceQuotasEntries({ signal: controller.signal })
      const { value } = (await entries.next()) as { value: [string, object] }
      expect(Object.keys(value[1])).toEqual([value[0]])
      const reason = new Error('enough')
      controller.abort(reason)
      await expect(entries.next()).rejects.toBe(reason)
      expect((await entries.next()).done).toBe(true)
      expect(await client.getPendingCommissions()).toEqual([])
    })

    it('can be left in their middle, and the service answers the next call', async () => {
      const client = cloud.client('component:cyclades', transport, more)
      let seen = 0
      for await (const [project] of client.serviceProjectQuotasEntries()) {
        expect(project).toMatch(/^[0-9a-f-]{36}$/)
        seen += 1
        if (seen === 2) break
      }
      expect(seen).toBe(2)
      expect(await client.getPendingCommissions()).toEqual([])
    })
  })
}
