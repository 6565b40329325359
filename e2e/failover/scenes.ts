import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../faults/deadline.ts'
import type { Service } from '../faults/stage.ts'
import type { Random } from '../model/random.ts'
import { statusOf } from './balancer.ts'
import type { Stage } from './stage.ts'

/** What happens under load. When it returns, all is as it was before. */
export type Scene = (stage: Stage, random: Random) => Promise<void>

/** Longer than the balancer takes to see that a service is back. */
const SEEN_MS = 600

/** Longer than the time between two looks at all hosts. */
const LOOK_MS = 3500

async function isBack(service: Service): Promise<void> {
  await until('a service is ready', async () => (await statusOf(service.origin, '/health/ready')) === 200)
}

export const SCENES = {
  /** One after the other is told to stop and is started again, as with an upgrade. */
  async 'rolling restart'({ services }) {
    for (const service of services) {
      await service.stop()
      await service.start()
      await isBack(service)
      await sleep(SEEN_MS)
    }
  },
  async 'killed process'({ services }, random) {
    const service = random.pick(services)
    await service.kill()
    await sleep(random.below(400))
    await service.start()
    await isBack(service)
    await sleep(SEEN_MS)
  },
  /** The primary dies and the standby takes its place; then it comes back as it was, and at last as the standby. */
  async failover({ pair, services }) {
    await pair.failOver('kill')
    await Promise.all(services.map(isBack))
    await sleep(SEEN_MS)
    await pair.reviveOld()
    await sleep(LOOK_MS)
    const asked = await pair.askedOfOld()
    if (asked.length > 0) throw new Error(`An old primary is used: ${asked.join('; ')}`)
    await pair.rebuild()
  },
  /** The primary hangs: no connection breaks, so whoever waits for an answer has to be told. */
  async 'frozen primary'({ pair, services }) {
    await pair.failOver('freeze')
    await sleep(LOOK_MS)
    await Promise.all(services.map(isBack))
    await sleep(SEEN_MS)
    await pair.rebuild()
  },
} as const satisfies Readonly<Record<string, Scene>>

export type SceneName = keyof typeof SCENES

export const SCENE_NAMES: readonly SceneName[] = Object.keys(SCENES) as SceneName[]

/** Without the one that takes longest. */
export const QUICK_SCENES: readonly SceneName[] = SCENE_NAMES.filter((name) => name !== 'frozen primary')
