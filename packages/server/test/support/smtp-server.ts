import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

/** A mail as the server took it. */
export interface TakenMail {
  readonly from: string
  readonly to: readonly string[]
  /** Headers and body, as they travelled. */
  readonly raw: string
}

/** At what the client says: an answer, or one of these. */
export type Reaction =
  | string
  /** Nothing is said, and the connection stays. */
  | { readonly silence: true }
  /** The connection is gone, in the middle. */
  | { readonly hangUp: true }
  /** The answer comes when it settles. */
  | Promise<string>

export type Moment = 'connect' | 'EHLO' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | 'body'

export interface SmtpServer {
  readonly port: number
  /** Without a user. */
  readonly url: string
  readonly taken: TakenMail[]
  /** Every line of every client but those of mails. */
  readonly said: string[]
  /** Connections that are open. */
  readonly open: () => number
  /** How it behaves instead. A mail whose body is answered with 2xx is taken; with `takes` also when no answer comes. */
  behaviour: Partial<Record<Moment, Reaction | ((line: string) => Reaction)>> & { takes?: true }
  close(): Promise<void>
}

const HABITS: Readonly<Record<Moment, string>> = {
  connect: '220 mail.test ESMTP',
  EHLO: '250-mail.test\r\n250 AUTH PLAIN',
  AUTH: '235 2.7.0 welcome',
  MAIL: '250 2.1.0 fine',
  RCPT: '250 2.1.5 fine',
  DATA: '354 go on',
  body: '250 2.0.0 taken',
}

export async function startSmtpServer(): Promise<SmtpServer> {
  const sockets = new Set<Socket>()
  const listener = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    serve(socket, server)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const server: SmtpServer = {
    port,
    url: `smtp://127.0.0.1:${port}`,
    taken: [],
    said: [],
    open: () => sockets.size,
    behaviour: {},
    async close() {
      const closed = once(listener, 'close')
      listener.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
  return server
}

function serve(socket: Socket, server: SmtpServer): void {
  let unread = ''
  let isBody = false
  let from = ''
  let to: string[] = []

  const react = (moment: Moment, line: string): void => {
    const behaviour = server.behaviour[moment] ?? HABITS[moment]
    const reaction = typeof behaviour === 'function' ? behaviour(line) : behaviour
    if (typeof reaction === 'string') return answer(moment, line, reaction)
    if (reaction instanceof Promise) return void reaction.then((text) => answer(moment, line, text))
    if (moment === 'body' && server.behaviour.takes) take(line)
    if ('hangUp' in reaction) socket.destroy()
  }
  const take = (raw: string): void => {
    server.taken.push({ from, to, raw })
  }
  const answer = (moment: Moment, line: string, text: string): void => {
    if (moment === 'RCPT' && text.startsWith('2')) to = [...to, addressIn(line)]
    if (moment === 'DATA' && text.startsWith('3')) isBody = true
    if (moment === 'body' && text.startsWith('2')) take(line)
    socket.write(`${text}\r\n`)
  }
  const hear = (line: string): void => {
    server.said.push(line)
    const verb = (line.split(/[ :]/)[0] ?? '').toUpperCase()
    if (verb === 'QUIT') return void socket.end('221 bye\r\n')
    if (verb === 'MAIL') [from, to] = [addressIn(line), []]
    if (verb in HABITS) react(verb as Moment, line)
    else socket.write('500 5.5.1 what?\r\n')
  }

  socket.setEncoding('utf8')
  socket.on('data', (piece: string) => {
    unread += piece
    for (;;) {
      const end = isBody ? '\r\n.\r\n' : '\r\n'
      const at = unread.indexOf(end)
      if (at < 0) return
      const text = unread.slice(0, at)
      unread = unread.slice(at + end.length)
      if (isBody) {
        isBody = false
        react('body', text)
      } else hear(text)
    }
  })
  react('connect', '')
}

function addressIn(line: string): string {
  return /<([^>]*)>/.exec(line)?.[1] ?? ''
}
