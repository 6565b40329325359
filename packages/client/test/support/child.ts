import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface ChildResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly ms: number
}

const root = fileURLToPath(new URL('../../../..', import.meta.url))

/** Runs a module in a Node of its own, from the client's sources. It is killed when it does not end by itself. */
export function runChild(
  code: string,
  options: {
    readonly env?: Readonly<Record<string, string>>
    readonly limitMs?: number
    readonly flags?: string[]
  } = {},
): Promise<ChildResult> {
  const began = performance.now()
  const { PATH = '' } = process.env
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=astakos-source', ...(options.flags ?? []), '--input-type=module', '-e', code],
    { cwd: `${root}/packages/client`, env: { PATH, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => (stdout += String(chunk)))
  child.stderr.on('data', (chunk) => (stderr += String(chunk)))
  const timer = setTimeout(() => child.kill('SIGKILL'), options.limitMs ?? 15_000)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exit) => {
      clearTimeout(timer)
      resolve({ code: exit, stdout, stderr, ms: performance.now() - began })
    })
  })
}
