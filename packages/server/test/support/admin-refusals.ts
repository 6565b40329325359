import { stringifyExact } from 'astakosclient/wire'
import { describe, expect, it } from 'vitest'
import type { RefusalKind } from '../../src/projects/refused.ts'
import { adminWorld } from './admin-cases.ts'

/** An input that is refused, and how: as malformed unless it is said. */
export type Refusal = readonly [input: object, message: string, kind?: RefusalKind]

/** Of each operation many, on one world, which is what it was afterwards; by the command and by HTTP. */
export function testRefusals(area: string, refusals: Readonly<Record<string, readonly Refusal[]>>): void {
  describe.each(['command', 'http'] as const)(`${area} by %s`, (channel) => {
    const setup = adminWorld()
    it.each(Object.entries(refusals))('%s refuses what it can not do, and changes nothing', async (operation, all) => {
      const before = await setup.digest()
      const run = setup.channel(channel)
      for (const [input, message, kind = 'malformed'] of all) {
        const outcome = await run(operation, input).catch((error: unknown) => error)
        const { kind: actual, message: said } = outcome as { kind?: string; message?: string }
        expect([stringifyExact(input), actual, said]).toEqual([stringifyExact(input), kind, message])
      }
      expect(await setup.digest()).toEqual(before)
    })
  })
}
