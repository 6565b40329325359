import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { admit, createClient, streamOf, type ConnectionSettings, type Whereabouts } from './connect.ts'
import { placeOf } from './hosts.ts'

interface Host {
  readonly name: string
  readonly settings: ConnectionSettings
}

/** A host that does not answer in this time is none to go to. */
const PROBE_MS = 2000

/** Between two looks while no host accepts writes. */
const PAUSE_MS = 200

/** All hosts are looked at now and then: one that hangs breaks no connection, and another one may have taken its place. */
const WATCH_MS = 3000

export type OnMove = (what: string, about: Readonly<Record<string, string>>) => void

interface Writable {
  readonly host: Host
  readonly timeline: number
}

type Probe = Writable | { readonly host: Host; readonly reason: string }

/**
 * The hosts of one database, of which one accepts writes. The others are used for nothing: what a standby tells may be old.
 * Of two that accept writes the one that was promoted later is right: the other is an old primary that nobody has told.
 */
export class HostList implements Whereabouts {
  readonly #hosts: readonly Host[]
  readonly #onMove: OnMove
  readonly #connections = new Map<pg.Client, ConnectionSettings>()
  #current: Host
  /** The latest that was seen: what is older is behind. */
  #timeline = 0
  #isLooking = false
  #watch: NodeJS.Timeout | null = null
  #closed = false

  private constructor(urls: readonly string[], onMove: OnMove) {
    this.#hosts = urls.map((url) => ({ name: placeOf(url), settings: { connectionString: url } }))
    this.#current = this.#hosts[0] as Host
    this.#onMove = onMove
  }

  /**
   * @param onMove told when another host is used, or none can be.
   * @param patienceMs how long one may take to be there: a promotion may be under way.
   * @throws {Error} none of them accepts writes.
   */
  static async find(urls: readonly string[], onMove: OnMove, patienceMs: number): Promise<HostList> {
    const list = new HostList(urls, onMove)
    const began = performance.now()
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop
      const probes = await list.#probeAll()
      const best = list.#bestOf(probes)
      if (best) {
        list.#use(best)
        list.#watchOn()
        return list
      }
      if (performance.now() - began > patienceMs) {
        const reasons = Object.entries(reasonsOf(probes)).map(([name, reason]) => `${name}: ${reason}`)
        throw new Error(`--database-url: no host accepts writes (${reasons.join('; ')})`)
      }
      // oxlint-disable-next-line no-await-in-loop
      await sleep(PAUSE_MS)
    }
  }

  where(): ConnectionSettings {
    return this.#current.settings
  }

  opened(client: pg.Client, settings: ConnectionSettings, timeline: number): void {
    if (settings !== this.#current.settings || timeline < this.#timeline) {
      this.suspect()
      throw new Error('Another host has taken the place of this one')
    }
    this.#timeline = timeline
    this.#connections.set(client, settings)
    client.once('end', () => this.#connections.delete(client))
  }

  suspect(): void {
    if (this.#closed || this.#isLooking) return
    this.#isLooking = true
    void this.#look().finally(() => (this.#isLooking = false))
  }

  /** Until one is found. Whoever wants a connection meanwhile learns from the one that was used last that there is none. */
  async #look(): Promise<void> {
    for (let isTold = false; !this.#closed;) {
      // oxlint-disable-next-line no-await-in-loop
      const probes = await this.#probeAll()
      const best = this.#bestOf(probes)
      if (best) return this.#use(best)
      if (!isTold && !this.#closed) this.#onMove('No host of the database accepts writes', reasonsOf(probes))
      isTold = true
      // oxlint-disable-next-line no-await-in-loop
      await sleep(PAUSE_MS, undefined, { ref: false })
    }
  }

  #watchOn(): void {
    this.#watch = setInterval(() => this.suspect(), WATCH_MS)
    this.#watch.unref()
  }

  #probeAll(): Promise<Probe[]> {
    return Promise.all(this.#hosts.map((host) => probe(host)))
  }

  #bestOf(probes: readonly Probe[]): Writable | null {
    let best: Writable | null = null
    for (const found of probes) {
      if (!('timeline' in found) || found.timeline < this.#timeline) continue
      const isBetter = !best || found.timeline > best.timeline
      const isSame = best?.timeline === found.timeline && found.host === this.#current
      if (isBetter || isSame) best = found
    }
    return best
  }

  #use({ host, timeline }: Writable): void {
    const isOther = host !== this.#current
    this.#current = host
    this.#timeline = timeline
    if (!isOther) return
    this.#onMove('Another host of the database is used', { host: host.name, timeline: String(timeline) })
    // Who waits there for an answer waits in vain, or is told what is old.
    for (const [client, settings] of this.#connections) if (settings !== host.settings) streamOf(client).destroy()
  }

  close(): void {
    this.#closed = true
    if (this.#watch) clearInterval(this.#watch)
  }
}

async function probe(host: Host): Promise<Probe> {
  const client = createClient(host.settings, { pipeline: false, lockTimeoutMs: 0, answerTimeoutMs: PROBE_MS })
  client.on('error', () => undefined)
  const timer = setTimeout(() => streamOf(client).destroy(), PROBE_MS)
  try {
    await client.connect()
    const timeline = await admit(client)
    // Not waited for: one that hangs would not say goodbye.
    client.end().catch(() => undefined)
    return { host, timeline }
  } catch (error) {
    streamOf(client).destroy()
    return { host, reason: (error as Error).message }
  } finally {
    clearTimeout(timer)
  }
}

function reasonsOf(probes: readonly Probe[]): Record<string, string> {
  return Object.fromEntries(
    probes.map((one) => [one.host.name, 'reason' in one ? one.reason : 'it is behind another one that was seen']),
  )
}
