import cluster, { type Worker } from 'node:cluster'
import { AggregatorRegistry } from 'prom-client'
import type { Logger } from 'pino'
import type { ServerConfig } from '../config.ts'
import { CONNECTIONS_MAX, type Database } from '../db/database.ts'
import { sql } from '../db/statement.ts'
import { named, prepare } from '../ground.ts'
import { createLogger } from '../logger.ts'
import { listenForMetrics } from '../metrics.ts'
import { Stops } from '../stops.ts'
import type { Handover, ToParent, ToWorker } from './messages.ts'

/** Several processes on one port. */
export interface RunningWorkers {
  readonly authUrl: string
  /** All of them answer what they were asked, and take nothing new. */
  stop(): Promise<void>
}

/** A worker cuts off who takes for ever after ten seconds; then it has its own things to put in order. */
const STOP_MS = 20_000

/** Before a worker that died is started again; twice as long each time that it dies soon. */
const PAUSE_MS = 100
const PAUSE_MS_MAX = 10_000
const SOON_MS = 30_000

/**
 * Prepares the database once, then starts the workers. This process answers nobody: it hands connections to the workers
 * in turn, and starts a worker again that died.
 *
 * @throws {Error} with a sentence for people, of this process or of the first worker that fails.
 */
export async function startWorkers(config: ServerConfig): Promise<RunningWorkers> {
  const logger = createLogger(config.logLevel)
  const stops = new Stops()
  try {
    let crew: Crew | null = null
    const ground = await prepare(config, logger, stops, (database) => crew?.tellAll({ kind: 'moved', database }))
    await checkConnections(ground.database, config.workers)
    crew = new Crew(logger, (worker) => ({
      kind: 'handover',
      worker,
      secretKeys: ground.secretKey.all.map((key) => key.toString('base64')),
      listen: ground.listen,
      baseUrl: ground.baseUrl,
      database: config.databaseUrl === null ? ground.cluster.where() : null,
    }))
    const hired = crew
    stops.add(() => hired.stop())
    await hired.start(config.workers)
    if (config.metricsListen) {
      const registry = new AggregatorRegistry()
      const server = await named(
        '--metrics-listen',
        listenForMetrics(config.metricsListen, () => registry.clusterMetrics()),
      )
      stops.add(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))
    }
    return { authUrl: `${ground.baseUrl}/identity/v2.0`, stop: () => stops.run() }
  } catch (error) {
    await stops.run()
    throw error
  }
}

const LIMIT = sql(`
  select current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer as connections`)

/** For commands beside the service and for this process. */
const OTHERS = 10

async function checkConnections(database: Database, workers: number): Promise<void> {
  const [limit] = await database.query<{ connections: number }>(LIMIT)
  const room = (limit?.connections ?? 0) - OTHERS
  if (workers * CONNECTIONS_MAX <= room) return
  const most = Math.max(1, Math.floor(room / CONNECTIONS_MAX))
  throw new Error(
    `--workers: ${workers} may open ${workers * CONNECTIONS_MAX} connections to the database, ${CONNECTIONS_MAX} each, ` +
      `and it has ${room} to give: at most ${most}, or a larger max_connections`,
  )
}

class Crew {
  readonly #logger: Logger
  readonly #handoverFor: (worker: number) => Handover
  readonly #living = new Map<Worker, Promise<void>>()
  readonly #pauses = new Set<NodeJS.Timeout>()
  #isStopping = false

  constructor(logger: Logger, handoverFor: (worker: number) => Handover) {
    this.#logger = logger
    this.#handoverFor = handoverFor
  }

  /** @throws {Error} what the first one says that does not start. */
  async start(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, (_, index) => this.#fork(index + 1, 0)))
  }

  /** @returns once it is ready. One that was ready is started again when it dies; @throws {Error} one that was not. */
  #fork(number: number, failures: number): Promise<void> {
    const worker = cluster.fork()
    const began = performance.now()
    const { promise: ready, resolve, reject } = withResolvers()
    let isReady = failures > 0
    worker.on('message', (message: ToParent) => {
      if (message.kind === 'hello') send(worker, this.#handoverFor(number))
      if (message.kind === 'failed') reject(new Error(message.message))
      if (message.kind !== 'ready') return
      isReady = true
      resolve()
    })
    // One that dies says so by its exit.
    worker.on('error', () => undefined)
    const gone = new Promise<void>((done) => worker.once('exit', () => done()))
    this.#living.set(worker, gone)
    void gone.then(() => {
      this.#living.delete(worker)
      const { exitCode, signalCode } = worker.process
      reject(new Error(`A worker ended ${signalCode ? `by ${signalCode}` : `with code ${exitCode}`}`))
      if (this.#isStopping || !isReady) return
      const before = performance.now() - began < SOON_MS ? failures : 0
      const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** before)
      this.#logger.warn({ worker: number, exitCode, signalCode, pauseMs }, 'A worker ended and is started again')
      this.#later(pauseMs, () => void this.#fork(number, before + 1).catch(() => undefined))
    })
    return ready
  }

  #later(pauseMs: number, task: () => void): void {
    const timer = setTimeout(() => {
      this.#pauses.delete(timer)
      task()
    }, pauseMs)
    this.#pauses.add(timer)
  }

  tellAll(message: ToWorker): void {
    for (const worker of this.#living.keys()) send(worker, message)
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    for (const timer of this.#pauses) clearTimeout(timer)
    for (const worker of this.#living.keys()) worker.process.kill('SIGTERM')
    const timer = setTimeout(() => {
      this.#logger.warn('Workers that did not end in time are killed')
      for (const worker of this.#living.keys()) worker.process.kill('SIGKILL')
    }, STOP_MS)
    await Promise.all(this.#living.values())
    clearTimeout(timer)
  }
}

function send(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message, () => undefined)
}

function withResolvers(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let [resolve, reject]: [() => void, (error: Error) => void] = [() => undefined, () => undefined]
  const promise = new Promise<void>((yes, no) => ([resolve, reject] = [yes, no]))
  return { promise, resolve, reject }
}
