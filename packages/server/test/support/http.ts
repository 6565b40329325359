import { Agent, request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import { parseExact } from 'astakosclient/wire'

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** Large integers are exact. Undefined where there is no JSON. */
  readonly json: unknown
}

interface Sending {
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string
}

/** A socket for each request under way, so that no request waits for another one here. */
const agent = new Agent({ keepAlive: false })

export function send(method: string, url: string, { headers = {}, body }: Sending = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, agent, headers }, (answer) => {
      const pieces: Buffer[] = []
      answer.on('data', (piece: Buffer) => pieces.push(piece))
      answer.on('error', reject)
      answer.on('end', () => {
        const text = Buffer.concat(pieces).toString()
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, json: jsonOf(text) })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

function jsonOf(text: string): unknown {
  try {
    return parseExact(text)
  } catch {
    return undefined
  }
}
