import { createServer, type Server } from 'node:http'
import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Database } from './db/database.ts'
import { sql } from './db/statement.ts'
import type { Place } from './config.ts'
import { inTime } from './in-time.ts'
import type { EngineObserver } from './quotas/engine.ts'

const MILLISECONDS = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000]

const OLDEST_PENDING = sql(`
  select component, extract(epoch from now() - min(issue_time))::float8 as age, count(*)::float8 as pending
    from commissions
   group by component`)

interface PendingRow {
  readonly component: string
  readonly age: number
  readonly pending: number
}

const PATIENCE_MS = 2000

/** What Prometheus is told. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #batchSize: Histogram
  readonly #queueWait: Histogram
  readonly #lockWait: Histogram
  readonly #failures: Counter
  readonly #answers: Histogram<'route' | 'method' | 'status'>
  readonly #errors: Counter<'component' | 'status'>

  constructor() {
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry })
    this.#batchSize = new Histogram({
      name: 'astakos_commission_batch_size',
      help: 'Requests that were decided in one transaction',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
      registers,
    })
    this.#queueWait = new Histogram({
      name: 'astakos_commission_queue_wait_milliseconds',
      help: 'How long a request waited for its batch',
      buckets: MILLISECONDS,
      registers,
    })
    this.#lockWait = new Histogram({
      name: 'astakos_commission_lock_wait_milliseconds',
      help: 'How long a batch took to lock and read its rows',
      buckets: MILLISECONDS,
      registers,
    })
    this.#failures = new Counter({
      name: 'astakos_commission_batch_failures_total',
      help: 'Batches that could not be committed as a whole',
      registers,
    })
    this.#answers = new Histogram({
      name: 'astakos_http_answer_milliseconds',
      help: 'How long an answer took',
      labelNames: ['route', 'method', 'status'],
      buckets: MILLISECONDS,
      registers,
    })
    this.#errors = new Counter({
      name: 'astakos_component_errors_total',
      help: 'Answers of 400 and above, by the component that called',
      labelNames: ['component', 'status'],
      registers,
    })
  }

  /** What the engine reports to. */
  get engine(): EngineObserver {
    return {
      onBatch: (size) => this.#batchSize.observe(size),
      onQueueWait: (milliseconds) => this.#queueWait.observe(milliseconds),
      onLockWait: (milliseconds) => this.#lockWait.observe(milliseconds),
      onFailure: () => this.#failures.inc(),
    }
  }

  readonly onAnswer = (answer: {
    readonly route: string
    readonly method: string
    readonly status: number
    readonly milliseconds: number
    readonly component: string | null
  }): void => {
    const { route, method, status, milliseconds, component } = answer
    this.#answers.observe({ route, method, status }, milliseconds)
    if (status >= 400 && component !== null) this.#errors.inc({ component, status })
  }

  /** Read when Prometheus asks. */
  watch(database: Database, waiting: () => number): void {
    const registers = [this.#registry]
    new Gauge({
      name: 'astakos_commission_queue_length',
      help: 'Requests that wait for a batch',
      registers,
      collect() {
        this.set(waiting())
      },
    })
    const pending = new Gauge({
      name: 'astakos_commissions_pending',
      help: 'Commissions that were neither accepted nor rejected yet',
      labelNames: ['component'],
      // Each process reads the same.
      aggregator: 'max',
      registers,
    })
    new Gauge({
      name: 'astakos_commission_pending_age_seconds',
      help: 'Age of the oldest pending commission',
      labelNames: ['component'],
      aggregator: 'max',
      registers,
      async collect() {
        this.reset()
        pending.reset()
        // Without the database these two are missing; the others are what is asked for then.
        const rows = await inTime(database.query<PendingRow>(OLDEST_PENDING), PATIENCE_MS).catch(() => [])
        for (const { component, age, pending: count } of rows) {
          this.set({ component }, age)
          pending.set({ component }, count)
        }
      },
    })
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  /** Tells the process that started this one, whenever that asks. */
  share(): void {
    AggregatorRegistry.setRegistries([this.#registry])
    // It is the making of one that makes this process listen.
    void new AggregatorRegistry()
  }
}

/** On a listener of its own: who may call the service need not see this. */
export async function listenForMetrics({ host, port }: Place, text: () => Promise<string>): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') return response.writeHead(404).end()
    text().then(
      (body) => response.writeHead(200, { 'content-type': Registry.PROMETHEUS_CONTENT_TYPE }).end(body),
      () => response.writeHead(503).end(),
    )
    return undefined
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return server
}
