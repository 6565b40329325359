// Calls a second: the client against what it is built on. Arguments: pool or plain, operation, concurrency, rounds, milliseconds a round.
import { fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { AstakosClient } from 'astakosclient'
import { uuid } from './documents.mjs'
import { compare } from './statistics.mjs'

const [mode, operation, concurrency, rounds, ms] = [
  process.argv[2],
  process.argv[3],
  ...process.argv.slice(4).map(Number),
]
const { Pool } = createRequire(import.meta.resolve('astakosclient'))('undici')

const service = fork(fileURLToPath(new URL('service.mjs', import.meta.url)))
const { origin } = await new Promise((resolve) => service.once('message', resolve))
const token = 'UQpYas7ElzWGD5yCcEXtjw'
const prefix = operation === 'issue-original' ? '/original' : ''
const client = new AstakosClient(
  token,
  `${origin}${prefix}/identity/v2.0`,
  mode === 'pool' ? { usePool: true, poolSize: concurrency } : {},
)
const pool = new Pool(origin, { connections: concurrency, pipelining: 1 })

const user = uuid(1)
const issue = (key) => ({
  method: 'POST',
  path: '/account/v1.0/commissions',
  body: JSON.stringify({
    force: false,
    auto_accept: false,
    name: '',
    provisions: [
      { holder: `user:${user}`, source: `project:${user}`, resource: 'cyclades.vm', quantity: 1 },
      { holder: `project:${user}`, source: null, resource: 'cyclades.vm', quantity: 1 },
    ],
  }),
  headers: { 'x-auth-token': token, 'content-type': 'application/json', ...(key ? { 'idempotency-key': key } : {}) },
})
let key = 0
const contestants = {
  quotas: [
    () => client.getQuotas(),
    () => ({ method: 'GET', path: '/account/v1.0/quotas', headers: { 'x-auth-token': token } }),
  ],
  names: [
    () => client.getUsernames([user]),
    () => ({
      method: 'POST',
      path: '/account/v1.0/user_catalogs',
      body: JSON.stringify({ uuids: [user] }),
      headers: { 'x-auth-token': token, 'content-type': 'application/json' },
    }),
  ],
  issue: [() => client.issueOneCommission(user, user, { 'cyclades.vm': 1 }), () => issue(`key-${(key += 1)}`)],
  'issue-original': [() => client.issueOneCommission(user, user, { 'cyclades.vm': 1 }), () => issue()],
}
const [ours, request] = contestants[operation]
const theirs =
  mode === 'pool'
    ? async () => JSON.parse(await (await pool.request(request())).body.text())
    : async () => {
        const { path, ...init } = request()
        return (await fetch(origin + path, init)).json()
      }

/** Calls a second of so many callers, each with one call at a time. */
async function rate(call) {
  const end = performance.now() + ms
  const began = performance.now()
  let calls = 0
  const caller = async () => {
    while (performance.now() < end) {
      await call()
      calls += 1
    }
  }
  await Promise.all(Array.from({ length: concurrency }, caller))
  return (calls * 1000) / (performance.now() - began)
}

await rate(ours)
await rate(theirs)
const result = await compare(
  rounds,
  () => rate(ours),
  () => rate(theirs),
)
await client.close()
await pool.close()
service.disconnect()
process.send(result)
process.exit()
