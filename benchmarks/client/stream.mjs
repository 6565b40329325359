// Streaming all users' quotas: megabytes a second, and how much memory that takes. Argument: megabytes.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { AstakosClient } from 'astakosclient'

const service = fork(fileURLToPath(new URL('service.mjs', import.meta.url)), [process.argv[2]], { execArgv: [] })
const { origin } = await new Promise((resolve) => service.once('message', resolve))
const client = new AstakosClient('token', `${origin}/identity/v2.0`)
await client.getQuotas()
globalThis.gc()
const sent = new Promise((resolve) => service.once('message', resolve))
const start = process.memoryUsage.rss()
let [peak, entries, projects] = [start, 0, 0]
const began = performance.now()
for await (const [, quotas] of client.serviceQuotasEntries()) {
  entries += 1
  projects += Object.keys(quotas).length
  if (entries % 500 === 0) peak = Math.max(peak, process.memoryUsage.rss())
}
const seconds = (performance.now() - began) / 1000
if (projects !== entries) throw new Error(`${projects} projects of ${entries} users`)
const megabytes = (await sent).sent / 1e6
service.disconnect()
process.send({ megabytes, rate: megabytes / seconds, memory: (peak - start) / 1e6 })
process.exit()
