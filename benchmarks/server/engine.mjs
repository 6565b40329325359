// The engine without HTTP, in a process of its own. Settings: `connection`.
import { Database } from '../../packages/server/dist/db/database.js'
import { QuotaEngine } from '../../packages/server/dist/quotas/engine.js'
import { provisionsOf } from './requests.mjs'
import { meterOf } from './meter.mjs'
import { serve, settings } from './jobs.mjs'

const database = new Database(settings.connection)
const engine = new QuotaEngine(database, {})

const issue = (project, user, autoAccept) =>
  engine.submit({
    kind: 'issue',
    component: 'cyclades',
    name: '',
    force: false,
    autoAccept,
    provisions: provisionsOf(project, user).map((provision) => ({ ...provision, quantity: 1n })),
    idempotency: null,
  })

const calls = {
  async auto(project, user) {
    const { status, body } = await issue(project, user, true)
    if (status !== 201) throw new Error(body)
  },
  async cycle(project, user) {
    const { body } = await issue(project, user, false)
    const serial = BigInt(JSON.parse(body).serial)
    const { accepted } = await engine.submit({
      kind: 'resolve',
      component: 'cyclades',
      accept: [serial],
      reject: [],
      reason: '',
    })
    if (accepted.length !== 1) throw new Error(`${serial} was not accepted`)
  },
}

serve(
  {
    async drive({ kind, project, inFlight, users, ms }) {
      const call = calls[kind]
      const meter = meterOf(ms)
      await Promise.all(
        Array.from({ length: inFlight }, async () => {
          while (meter.isRunning()) {
            const began = performance.now()
            await call(project, Math.floor(Math.random() * users) + 1)
            meter.count(began)
          }
        }),
      )
      return meter.figures()
    },
  },
  async () => {
    await engine.close()
    await database.close()
  },
)
