import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A port of this machine whose queue of new connections is full: to connect takes for ever. */
export async function deafListener(): Promise<{ port: number; close: () => Promise<void> }> {
  // It never accepts: its only thread sleeps.
  const child = spawn(
    process.execPath,
    [
      '-e',
      `const server = require('node:net').createServer()
       server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
         require('node:fs').writeSync(1, String(server.address().port) + '\\n')
         Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000)
       })`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const port = Number(String(line))
  const fillers: Socket[] = []
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    fillers.push(socket)
    // oxlint-disable-next-line no-await-in-loop -- until one is left waiting
    const connected = await Promise.race([
      once(socket, 'connect').then(() => true),
      new Promise<false>((resolve) => setTimeout(() => resolve(false), 200)),
    ])
    if (!connected) break
  }
  return {
    port,
    close: async () => {
      for (const socket of fillers) socket.destroy()
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}
