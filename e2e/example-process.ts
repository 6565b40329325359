import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

export const root: string = fileURLToPath(new URL('..', import.meta.url))

/** An example that serves pages until it is stopped. */
export class ExampleProcess implements AsyncDisposable {
  /** As it says itself. */
  readonly url: string
  readonly #stop: () => Promise<void>

  private constructor(url: string, stop: () => Promise<void>) {
    this.url = url
    this.#stop = stop
  }

  /** @param file in the folder of examples. */
  static async start(file: string, env: NodeJS.ProcessEnv): Promise<ExampleProcess> {
    const child = spawn(process.execPath, ['--import', 'tsx', `examples/${file}`], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'exit')
    const first = await createInterface(child.stdout)[Symbol.asyncIterator]().next()
    return new ExampleProcess(first.done ? 'It ended' : first.value, async () => {
      child.kill('SIGINT')
      expect(await ended).toEqual([0, null])
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stop()
  }
}
