import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../model/random.ts'
import { act, issue, resolveMany, type Desk, type Open } from './calls.ts'
import type { Intent, Provision } from './journal.ts'
import { RESOURCES, type World } from './world.ts'

/** Attempts of one call; what is unknown after them is for the recovery. */
const ATTEMPTS_MAX = 3

/** Issues and settles until it is told to stop. Now and then it forgets to settle, as services do that die. */
export async function work(desk: Desk, name: string, random: Random, isOver: () => boolean): Promise<void> {
  const component = random.below(desk.world.components.length)
  let kept: Open[] = []
  for (let n = 0; !isOver(); n++) {
    const intent = intentOf(desk.world, `${name}-${n}`, component, random)
    desk.journal.write({ at: 'intend', intent })
    const issued = await attempt(random, isOver, () => issue(desk, intent))
    if (issued === null || issued.serial === null || intent.autoAccept) continue
    const open = { key: intent.key, component, serial: issued.serial }
    const next = random.weighted({ accept: 35, reject: 30, keep: 30, forget: 5 })
    if (next === 'keep') kept.push(open)
    else if (next !== 'forget') {
      const to = next === 'accept' ? 'accepted' : 'rejected'
      await attempt(random, isOver, async () => (await act(desk, open, to)) || null)
    }
    if (kept.length < 6) continue
    const half = random.below(kept.length + 1)
    await resolveMany(desk, kept.slice(0, half), kept.slice(half))
    kept = []
  }
}

/** As a client would: the same again after a pause, a few times. */
async function attempt<T>(random: Random, isOver: () => boolean, call: () => Promise<T | null>): Promise<T | null> {
  for (let n = 1; ; n++) {
    const result = await call()
    if (result !== null || n === ATTEMPTS_MAX || isOver()) return result
    await sleep(30 + random.below(150))
  }
}

export function intentOf(world: World, key: string, component: number, random: Random): Intent {
  return { key, component, provisions: provisionsOf(world, random), autoAccept: random.chance(0.4) }
}

/** Both halves, as services charge; of one user or, as when something changes hands, of two. */
function provisionsOf({ users }: World, random: Random): Provision[] {
  // One in fifty names somebody whom nobody knows: a refusal that is kept too.
  const user = random.chance(0.02) ? 'nobody' : random.pick(users)
  const resources = random.chance(0.3) ? RESOURCES : [random.pick(RESOURCES)]
  const provisions = resources.flatMap(({ name, step }) => halves(user, name, quantityOf(step, random)))
  if (!random.chance(0.1)) return provisions
  const other = users.find((uuid) => uuid !== user) ?? user
  const { name, step } = random.pick(RESOURCES)
  return [...provisions, ...halves(other, name, quantityOf(step, random))]
}

/** A little more is taken than given back, so that both limits are met. */
function quantityOf(step: number, random: Random): number {
  const quantity = 1 + random.below(step)
  return random.chance(0.45) ? -quantity : quantity
}

function halves(user: string, resource: string, quantity: number): Provision[] {
  return [
    { holder: `user:${user}`, source: `project:${user}`, resource, quantity },
    { holder: `project:${user}`, source: null, resource, quantity },
  ]
}
