// The service under test, as it is compiled, in a process of its own. Settings: `connection`, `engine`, `service`.
import { Database } from '../../packages/server/dist/db/database.js'
import { createApp } from '../../packages/server/dist/http/app.js'
import { noMail } from '../../packages/server/dist/mail/mail.js'
import { QuotaEngine } from '../../packages/server/dist/quotas/engine.js'
import { routes } from '../../packages/server/dist/routes/index.js'
import { createService } from '../../packages/server/dist/service.js'
import { DEFAULT_SETTINGS } from '../../packages/server/dist/settings.js'
import { pino } from './packages.mjs'
import { serve, settings } from './jobs.mjs'

let [batches, requests] = [0, 0]
const observer = {
  onBatch(size) {
    batches += 1
    requests += size
  },
}
const database = new Database(settings.connection)
const engine = new QuotaEngine(database, { ...settings.engine, observer })
const service = createService(
  { ...DEFAULT_SETTINGS, ...settings.service, baseUrl: 'http://127.0.0.1' },
  Buffer.alloc(32),
  { database, engine, mailer: noMail },
)
const app = createApp({ service, routes, logger: pino({ level: 'warn' }, pino.destination(2)) })

let watched
serve(
  {
    async listen() {
      await app.listen({ host: '127.0.0.1', port: 0 })
      return app.server.address().port
    },
    /** Requests in a transaction, on average since it was asked last. */
    batchSize() {
      const size = requests / batches
      ;[batches, requests] = [0, 0]
      return size
    },
    watchMemory() {
      const start = process.memoryUsage.rss()
      watched = { start, peak: start }
      watched.timer = setInterval(() => (watched.peak = Math.max(watched.peak, process.memoryUsage.rss())), 5)
    },
    /** Megabytes above those at the start, at most. */
    memory() {
      clearInterval(watched.timer)
      return (Math.max(watched.peak, process.memoryUsage.rss()) - watched.start) / 1e6
    },
  },
  async () => {
    await app.close()
    await engine.close()
    await database.close()
  },
)
