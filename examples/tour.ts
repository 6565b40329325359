// `npm start`: the five examples, one after the other, against a replay of recorded walkthroughs.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startReplayService } from './support/replay-service.ts'

const EXAMPLES = [
  ['authenticate', 'Who am I, and what may I use?'],
  ['names-and-uuids', 'Names for uuids, and back'],
  ['quotas', 'What is left of my quotas, exactly'],
  ['commission', 'Reserve quota, do the work, accept'],
  ['projects', 'Apply for a project, join it, enroll somebody'],
] as const

const colour = process.stdout.isTTY && !process.env['NO_COLOR']
const paint = (code: number, text: string): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text)
const width = Math.max(60, Math.min(process.stdout.columns ?? 100, 140))
const cut = (text: string): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text)

let calls = 0
const service = await startReplayService(({ method, path, status, answer }) => {
  calls += 1
  const mark = status < 300 ? paint(32, String(status)) : paint(33, String(status))
  console.log(`  ${paint(36, method.padEnd(4))} ${path}`)
  console.log(`       ${mark} ${paint(2, cut(answer === '' ? '(empty)' : answer))}`)
})

let failed = 0
for (const [index, [name, title]] of EXAMPLES.entries()) {
  console.log(`\n${paint(1, `${index + 1}. ${title}`)}  ${paint(2, `examples/${name}.ts`)}\n`)
  const { code, output } = await run(name)
  failed += Number(code !== 0)
  for (const line of output.trimEnd().split('\n')) console.log(`  ${paint(1, '│')} ${line}`)
}
await service.stop()

console.log(
  failed === 0
    ? `\n${paint(32, '✓')} ${EXAMPLES.length} examples, ${calls} calls. The code is in examples/, the guide in docs/client.md.`
    : `\n${paint(31, '✗')} ${failed} of ${EXAMPLES.length} examples failed`,
)
process.exitCode = failed === 0 ? 0 : 1

function run(name: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(new URL(`${name}.ts`, import.meta.url))], {
    env: {
      ...process.env,
      ASTAKOS_URL: service.authUrl,
      ASTAKOS_TOKEN: service.token,
      ASTAKOS_SERVICE_TOKEN: service.serviceToken,
      ASTAKOS_USER: service.alice,
      ASTAKOS_CHARGED: service.bob,
    },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })))
}
