// Streaming all users' quotas: megabytes a second, and how much memory that takes. Argument: megabytes.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { AstakosClient } from 'astakosclient'

const users = Number(process.argv[2]) * 1000
const service = fork(fileURLToPath(new URL('service.mjs', import.meta.url)), ['--serve'], {
  env: { ...process.env, STREAM_USERS: String(users) },
})
const { origin } = await new Promise((resolve) => service.once('message', resolve))
const client = new AstakosClient('token', `${origin}/identity/v2.0`)
await client.getQuotas()
globalThis.gc()
const start = process.memoryUsage().rss
let [peak, entries, bytes] = [start, 0, 0]
const began = performance.now()
for await (const [, quotas] of client.serviceQuotasEntries()) {
  entries += 1
  if (entries % 500 === 0) peak = Math.max(peak, process.memoryUsage.rss())
  bytes += Object.keys(quotas).length
}
const seconds = (performance.now() - began) / 1000
const { serviceQuotas } = await import('./service.mjs')
let size = 0
for (const entry of serviceQuotas(1000, 0.5)) size += entry.length
service.disconnect()
process.send({
  entries,
  megabytes: (size * users) / 1000 / 1e6,
  rate: (size * users) / 1000 / 1e6 / seconds,
  memory: (peak - start) / 2 ** 20,
})
process.exit()
