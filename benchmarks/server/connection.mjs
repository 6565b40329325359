import { connect } from 'node:net'

/**
 * A kept-alive connection with one request at a time. It reads of an answer its status, its length and its body: whoever
 * drives must cost less than what is driven, and node:http costs more.
 */
export class Connection {
  #socket
  #held = null
  #answered = null

  static async open(port) {
    const connection = new Connection()
    connection.#socket = connect({ host: '127.0.0.1', port, noDelay: true })
    await new Promise((resolve, reject) => connection.#socket.once('connect', resolve).once('error', reject))
    connection.#socket.on('data', (chunk) => connection.#read(chunk))
    const fail = (error) => connection.#answer({ status: 0, body: String(error ?? 'The connection was closed') })
    connection.#socket.on('error', fail).on('close', () => fail())
    return connection
  }

  /** @param answered is called with `{ status, body }`; status 0 when none came. */
  send(bytes, answered) {
    this.#answered = answered
    this.#socket.write(bytes)
  }

  /** Bytes of a streamed answer, as they come. @param broken is called when the connection is. */
  stream(bytes, onData, broken) {
    this.#answered = ({ body }) => broken(new Error(body))
    this.#socket.removeAllListeners('data').on('data', onData)
    this.#socket.write(bytes)
  }

  close() {
    this.#answered = null
    this.#socket.destroy()
  }

  #read(chunk) {
    const bytes = this.#held ? Buffer.concat([this.#held, chunk]) : chunk
    const end = bytes.indexOf('\r\n\r\n')
    const head = end < 0 ? '' : bytes.latin1Slice(0, end)
    const [, length] = /\r\ncontent-length: (\d+)/i.exec(head) ?? []
    if (end < 0 || (length !== undefined && bytes.length < end + 4 + Number(length))) this.#held = bytes
    else {
      this.#held = null
      const status = length === undefined ? 0 : Number(head.slice(9, 12))
      this.#answer({ status, body: length === undefined ? head : bytes.utf8Slice(end + 4) })
    }
  }

  #answer(answer) {
    const answered = this.#answered
    this.#answered = null
    answered?.(answer)
  }
}
