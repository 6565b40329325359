// The service of the benchmarks, in a process of its own. It answers from ready-made bytes over a bare socket: with node:http
// it would be slower than what it serves, and every client would look equally fast.
import { createServer } from 'node:net'
import { entryOf, namesText, quotasText } from './documents.mjs'

/** As many megabytes as `service_quotas` is to be, about. */
const streamed = Number(process.argv[2] ?? 0)

const quotas = answer(200, quotasText)
const names = answer(200, namesText)
let serial = 0

function answer(status, body, more = '') {
  const head = `HTTP/1.1 ${status} X\r\nContent-Type: application/json; charset=UTF-8\r\nContent-Length: ${body.length}\r\n`
  return `${head}${more}\r\n${body}`
}

function catalog(host, features) {
  const publicURL = `http://${host}/account/v1.0`
  const service = { name: 'astakos_account', type: 'account', endpoints: [{ versionId: 'v1.0', publicURL }] }
  return answer(200, JSON.stringify({ access: { serviceCatalog: [service] } }), features)
}

function answerTo(head) {
  const path = head.slice(head.indexOf(' ') + 1, head.indexOf(' HTTP/'))
  if (path.endsWith('/quotas')) return quotas
  if (path.endsWith('/user_catalogs')) return names
  if (path.endsWith('/commissions')) {
    serial += 1
    const [, key] = /\r\nidempotency-key: (.*)\r\n/i.exec(head) ?? []
    return answer(201, `{"serial": ${serial}}`, key ? `Idempotency-Key: ${key}\r\n` : '')
  }
  const [, host] = /\r\nhost: (.*)\r\n/i.exec(head)
  // A path of its own plays the original service, which takes no keys.
  return catalog(host, path.startsWith('/original') ? '' : 'Astakos-Features: idempotent-commissions\r\n')
}

const server = createServer((socket) => {
  let held = ''
  socket.setNoDelay()
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    held += chunk.latin1Slice()
    for (;;) {
      const end = held.indexOf('\r\n\r\n')
      if (end < 0) return
      const head = held.slice(0, end + 2)
      const [, length = 0] = /\r\ncontent-length: (\d+)/i.exec(head) ?? []
      const next = end + 4 + Number(length)
      if (held.length < next) return
      held = held.slice(next)
      if (head.includes('/service_quotas ')) void stream(socket)
      else if (/\r\nconnection: close/i.test(head)) socket.end(answerTo(head), 'latin1')
      else socket.write(answerTo(head), 'latin1')
    }
  })
})
server.listen(0, '127.0.0.1', () => process.send({ origin: `http://127.0.0.1:${server.address().port}` }))
process.on('disconnect', () => process.exit())

/** The same users again and again, in chunks of 64 kB: made beforehand, since making them takes longer than reading them. */
async function stream(socket) {
  const blocks = Array.from({ length: 16 }, (_, block) => {
    let text = ''
    for (let user = 0; text.length < 1 << 16; user += 1) text += `, ${entryOf(block * 100 + user, 0.5)}`
    return Buffer.from(`${text.length.toString(16)}\r\n${text}\r\n`)
  })
  const first = `{${entryOf(0, 0.5)}`
  socket.write(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`)
  socket.write(`${first.length.toString(16)}\r\n${first}\r\n`)
  let sent = first.length
  for (let block = 0; sent < streamed * 1e6; block += 1) {
    const bytes = blocks[block % blocks.length]
    sent += bytes.length
    if (!socket.write(bytes)) await new Promise((resolve) => socket.once('drain', resolve))
  }
  socket.write('1\r\n}\r\n0\r\n\r\n')
  process.send({ sent })
}
