import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringifyExact } from 'astakosclient'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { isObject, readJson, writeJson, type Json, type JsonObject } from '../replay/json.ts'
import { Cloud, collected, transports } from './cloud.ts'

/** A world whose quotas are larger than what sockets hold, so that a reader can stop in the middle of them. */

const folder = mkdtempSync(join(tmpdir(), 'astakos-streams-'))
const world = join(folder, 'world.json')
writeFileSync(world, writeJson(largeWorld()))
const cloud = new Cloud('--world', world)
beforeAll(() => cloud.start())
afterEach(() => cloud.closeClients())
afterAll(async () => {
  await cloud[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
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

function largeWorld(): JsonObject {
  const file = fileURLToPath(new URL('../../fixtures/golden/world.json', import.meta.url))
  const recorded = readJson(readFileSync(file, 'utf8')) as JsonObject
  const [alice] = listOf(recorded['users'])
  const vm = listOf(recorded['resources']).find((resource) => isObject(resource) && resource['name'] === 'cyclades.vm')
  if (!isObject(alice) || !isObject(vm)) throw new Error('The recorded world has changed')
  const users = Array.from({ length: 45 }, (_, index) => {
    const email = `user-${index}@example.org`
    return { ...alice, name: `user-${index}`, email, username: email }
  })
  const resources = Array.from({ length: 250 }, (_, index) => ({
    ...vm,
    name: `cyclades.${'r'.repeat(240)}.${index}`,
  }))
  return {
    ...recorded,
    users: [...listOf(recorded['users']), ...users],
    resources: [...listOf(recorded['resources']), ...resources],
  }
}

function listOf(value: Json | undefined): Json[] {
  if (!Array.isArray(value)) throw new Error('No list')
  return value
}
