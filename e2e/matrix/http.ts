import { Agent, request } from 'node:http'
import { parseExact } from 'astakosclient/wire'

export interface Answer {
  readonly status: number
  /** Undefined where the body is empty. */
  readonly json: unknown
  readonly text: string
}

export interface Call {
  readonly method: string
  readonly url: string
  /** Null: without. */
  readonly token: string | null
  readonly body: object | undefined
}

/** There are thousands of calls, and a connection for each would cost as much as the call. */
const agent = new Agent({ keepAlive: true })

export function send({ method, url, token, body }: Call): Promise<Answer> {
  const text = body === undefined ? undefined : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const headers = {
      ...(token !== null && { 'x-auth-token': token }),
      ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    }
    const sent = request(url, { method, agent, headers }, (answer) => {
      const pieces: Buffer[] = []
      answer.on('data', (piece: Buffer) => pieces.push(piece))
      answer.on('error', reject)
      answer.on('end', () => {
        const all = Buffer.concat(pieces).toString()
        resolve({ status: answer.statusCode ?? 0, text: all, json: jsonOf(all) })
      })
    })
    sent.on('error', reject)
    sent.end(text)
  })
}

function jsonOf(text: string): unknown {
  try {
    return parseExact(text)
  } catch {
    return undefined
  }
}
