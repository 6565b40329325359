import { readFileSync } from 'node:fs'
import { parseExact } from 'astakosclient/wire'
import type { World } from '../../scripts/world.ts'

/** The world that the recordings start from. */
export const WORLD = parseExact(
  readFileSync(new URL('../../../../fixtures/golden/world.json', import.meta.url), 'utf8'),
) as World
