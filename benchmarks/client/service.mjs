// The service of the benchmarks, in a process of its own: constant answers, so that what is measured is the client.
import { createServer } from 'node:http'

const UNLIMITED = '9223372036854775807'
const RESOURCES = [
  'cyclades.vm',
  'cyclades.cpu',
  'cyclades.ram',
  'cyclades.disk',
  'cyclades.floating_ip',
  'cyclades.network.private',
  'pithos.diskspace',
]

export function quotaOfOne(project, unlimited) {
  const limit = (index) => (unlimited(index) ? UNLIMITED : String(1024 * (index + 1)))
  const entries = RESOURCES.map(
    (resource, index) =>
      `"${resource}": {"limit": ${limit(index)}, "usage": ${index}, "pending": 0, "project_limit": ${limit(index)}, "project_usage": ${index + 3}, "project_pending": 0}`,
  )
  return `{"${project}": {${entries.join(', ')}}}`
}

const uuid = (number) => `b3de8eb0-3958-477e-8a59-${number.toString(16).padStart(12, '0')}`

/** The text of `service_quotas` for so many users; `share` of the limits are unlimited. */
export function* serviceQuotas(users, share) {
  for (let user = 0; user < users; user += 1) {
    const unlimited = (index) => ((user * 7 + index) * 7919) % 100 < share * 100
    yield `${user === 0 ? '{' : ', '}"${uuid(user)}": ${quotaOfOne(uuid(user), unlimited)}${user === users - 1 ? '}' : ''}`
  }
}

if (process.argv[2] === '--serve') {
  const quotas = Buffer.from(quotaOfOne(uuid(1), (index) => index % 2 === 0))
  const names = Buffer.from(
    JSON.stringify({ uuid_catalog: { [uuid(1)]: 'alice@example.org' }, displayname_catalog: {} }),
  )
  const users = Number(process.env.STREAM_USERS ?? 0)
  let serial = 0
  const server = createServer((request, response) => {
    const { url, headers } = request
    request.resume()
    request.on('end', () => {
      const json = { 'content-type': 'application/json; charset=UTF-8' }
      const send = (status, body, more) =>
        response.writeHead(status, { ...json, ...more, 'content-length': Buffer.byteLength(body) }).end(body)
      if (url.endsWith('/quotas')) return send(200, quotas)
      if (url.endsWith('/user_catalogs')) return send(200, names)
      if (url.endsWith('/commissions')) {
        const key = headers['idempotency-key']
        return send(201, `{"serial": ${(serial += 1)}}`, key ? { 'idempotency-key': key } : {})
      }
      if (url.endsWith('/service_quotas')) return void stream(response, users)
      const base = `http://${headers.host}/account/v1.0`
      const catalog = {
        access: {
          serviceCatalog: [
            { name: 'astakos_account', type: 'account', endpoints: [{ versionId: 'v1.0', publicURL: base }] },
          ],
        },
      }
      // A path of its own plays the original, which takes no keys.
      return send(
        200,
        JSON.stringify(catalog),
        url.startsWith('/original') ? {} : { 'astakos-features': 'idempotent-commissions' },
      )
    })
  })
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1', () => process.send({ origin: `http://127.0.0.1:${server.address().port}` }))
  process.on('disconnect', () => process.exit())
}

async function stream(response, users) {
  response.writeHead(200, { 'content-type': 'application/json' })
  let block = ''
  for (const entry of serviceQuotas(users, 0.5)) {
    block += entry
    if (block.length < 1 << 16) continue
    if (!response.write(block)) await new Promise((resolve) => response.once('drain', resolve))
    block = ''
  }
  response.end(block)
}
