import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isObject, readJson, writeJson, type Json, type JsonObject } from '../replay/json.ts'

/** The recorded world in a file, with more in it than was recorded. */
export class LargerWorld implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'astakos-world-'))
  readonly file: string = join(this.#folder, 'world.json')

  /** @param more users, `user-0` and so on, like Alice; and resources like `cyclades.vm`, with long names. */
  constructor(more: { readonly users: number; readonly resources?: number }) {
    const recorded = readJson(readFileSync(RECORDED, 'utf8')) as JsonObject
    const [alice] = listOf(recorded['users'])
    const resources = listOf(recorded['resources'])
    const vm = resources.find((resource) => isObject(resource) && resource['name'] === 'cyclades.vm')
    if (!isObject(alice) || !isObject(vm)) throw new Error('The recorded world has changed')
    const addedUsers = Array.from({ length: more.users }, (_, index) => {
      const email = `user-${index}@example.org`
      return { ...alice, name: `user-${index}`, email, username: email }
    })
    const addedResources = Array.from({ length: more.resources ?? 0 }, (_, index) => ({
      ...vm,
      name: `cyclades.${'r'.repeat(240)}.${index}`,
    }))
    const world = {
      ...recorded,
      users: [...listOf(recorded['users']), ...addedUsers],
      resources: [...resources, ...addedResources],
    }
    writeFileSync(this.file, writeJson(world))
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true })
  }
}

const RECORDED = fileURLToPath(new URL('../../fixtures/golden/world.json', import.meta.url))

function listOf(value: Json | undefined): Json[] {
  if (!Array.isArray(value)) throw new Error('No list')
  return value
}
