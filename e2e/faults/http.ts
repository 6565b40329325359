import { Agent, request } from 'node:http'

/** What goes over the wire, whole: it may be sent again, later and elsewhere. */
export interface Message {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The request was sent, or not; an answer did not come. */
export class NoAnswer extends Error {}

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

/** Longer than the service may take: a batch is given up after 30 s. */
const TIMEOUT_MS = 40_000

/** @throws {NoAnswer} */
export function send(origin: string, { method, path, headers, body }: Message): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(new NoAnswer(error.message))
    const length = { 'content-length': String(Buffer.byteLength(body)) }
    const sent = request(`${origin}${path}`, { method, agent, headers: { ...headers, ...length } }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => (text += chunk))
      answer.on('error', fail)
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: flat(answer.headers), body: text }))
    })
    sent.setTimeout(TIMEOUT_MS, () => sent.destroy(new Error('it took too long')))
    sent.on('error', fail)
    sent.end(body)
  })
}

export function flat(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}

/** What is asked again by whoever has to know. */
export const isNoDecision = (answer: Answer | null): boolean => answer === null || answer.status === 503
