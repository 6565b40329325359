// Who drives the service, in a process of its own.
import { Connection } from './connection.mjs'
import { meterOf } from './meter.mjs'
import { approval, CALLS, listOf, modification, serviceQuotas } from './requests.mjs'
import { serve } from './jobs.mjs'

/** To one process of the service, or spread over several. */
const open = (ports, count) =>
  Promise.all(
    Array.from({ length: count }, (_, index) => Connection.open([ports].flat()[index % [ports].flat().length])),
  )
const anyOf = (users) => Math.floor(Math.random() * users) + 1

/** One call with all of its steps. */
function call(connection, steps, done, failed, before, at = 0) {
  const [make, due] = steps[at]
  connection.send(typeof make === 'function' ? make(before) : make, ({ status, body }) => {
    if (status !== due) failed(new Error(`${status} instead of ${due}: ${body}`))
    else if (at + 1 < steps.length) call(connection, steps, done, failed, body, at + 1)
    else done()
  })
}

const LAST_CHUNK = Buffer.from('0\r\n\r\n')

/** Of an answer by its first bytes; of one that comes in chunks nobody knows. */
function lengthOf(bytes) {
  const end = bytes.indexOf('\r\n\r\n')
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(bytes.latin1Slice(0, end)) ?? []
  return length === undefined ? Infinity : end + 4 + Number(length)
}

serve({
  /** Every connection has always one call under way. */
  async drive({ port, ports = [port], kind, connections: count, users, ms }) {
    const connections = await open(ports, count)
    const meter = meterOf(ms)
    const stepsOf = CALLS[kind]
    const drive = (connection) =>
      new Promise((resolve, reject) => {
        const next = () => {
          if (!meter.isRunning()) return resolve()
          const began = performance.now()
          const done = () => {
            meter.count(began)
            next()
          }
          call(connection, stepsOf(anyOf(users)), done, reject)
        }
        next()
      })
    await Promise.all(connections.map(drive))
    for (const connection of connections) connection.close()
    return meter.figures()
  },

  /** So many calls a second come, whether those before are answered or not; what waits for a connection has begun. */
  async pace({ port, kind, connections: count, users, ms, rate }) {
    const idle = await open(port, count)
    const meter = meterOf(ms)
    const stepsOf = CALLS[kind]
    const start = performance.now()
    const waiting = []
    let [due, underWay] = [0, 0]
    await new Promise((resolve, reject) => {
      const serveNext = () => {
        while (waiting.length > 0 && idle.length > 0) {
          const [connection, began] = [idle.pop(), waiting.shift()]
          underWay += 1
          const done = () => {
            meter.count(began)
            underWay -= 1
            idle.push(connection)
            serveNext()
          }
          call(connection, stepsOf(anyOf(users)), done, reject)
        }
        if (!meter.isRunning() && underWay === 0 && waiting.length === 0) resolve()
      }
      const timer = setInterval(() => {
        const now = performance.now()
        // By the millisecond: a timer that is late does not hide that those calls waited.
        for (; meter.isRunning() && start + (due * 1000) / rate <= now; due += 1)
          waiting.push(start + Math.ceil((due * 1000) / rate))
        if (!meter.isRunning()) clearInterval(timer)
        serveNext()
      }, 1)
    })
    for (const connection of idle) connection.close()
    return meter.figures()
  },

  /** One answer, to learn how large it is. */
  async ask({ port, kind, user }) {
    const [connection] = await open(port, 1)
    const [[bytes]] = CALLS[kind](user)
    const answer = await new Promise((resolve) => connection.send(bytes, resolve))
    connection.close()
    return answer
  },

  /** A list as a whole: how long it took, and how many of its items have such a text. */
  async list({ port, path, user, item }) {
    const [connection] = await open(port, 1)
    const chunks = []
    let received = 0
    const began = performance.now()
    await new Promise((resolve, reject) => {
      let due
      const read = (chunk) => {
        chunks.push(chunk)
        received += chunk.length
        due ??= lengthOf(chunk)
        if (due === Infinity ? chunk.subarray(-5).equals(LAST_CHUNK) : received >= due) resolve()
      }
      connection.stream(listOf(path, user), read, reject)
    })
    const ms = performance.now() - began
    connection.close()
    const text = Buffer.concat(chunks).latin1Slice()
    if (!text.startsWith('HTTP/1.1 200 ')) throw new Error(text.slice(0, 500))
    return { ms, megabytes: received / 1e6, items: text.split(item).length - 1 }
  },

  /** A modification of the large project is filed, and approved: that takes so many milliseconds. */
  async approve({ port, user, memberCapacity }) {
    const [connection] = await open(port, 1)
    const ask = (bytes) => new Promise((resolve) => connection.send(bytes, resolve))
    const { status, body } = await ask(modification(user, memberCapacity))
    if (status !== 201) throw new Error(`${status}: ${body}`)
    const began = performance.now()
    const answer = await ask(approval(user, JSON.parse(body).application))
    const ms = performance.now() - began
    if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.body}`)
    connection.close()
    return { ms }
  },

  /** Megabytes a second, and milliseconds until the first byte of the body. What came is looked through afterwards. */
  async stream({ port, user }) {
    const [connection] = await open(port, 1)
    const chunks = []
    const began = performance.now()
    let [first, end, received] = [0, '', 0]
    await new Promise((resolve, reject) => {
      let due
      const read = (chunk) => {
        first ||= performance.now()
        chunks.push(chunk)
        received += chunk.length
        due ??= lengthOf(chunk)
        end = (end + chunk.subarray(-7).latin1Slice()).slice(-7)
        if (end === '\r\n0\r\n\r\n' || received >= due) resolve()
      }
      connection.stream(serviceQuotas(user), read, reject)
    })
    const seconds = (performance.now() - began) / 1000
    connection.close()
    const text = Buffer.concat(chunks)
    if (!text.subarray(0, 15).latin1Slice().startsWith('HTTP/1.1 200 ')) throw new Error(text.latin1Slice(0, 500))
    let holdings = 0
    for (let at = text.indexOf('"limit":'); at >= 0; at = text.indexOf('"limit":', at + 8)) holdings += 1
    return { rate: text.length / 1e6 / seconds, megabytes: text.length / 1e6, first: first - began, holdings }
  },
})
