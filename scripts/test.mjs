import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/**
 * `npm test`: every proof that the project has, one stage after the other, and one closing line for all of them. The
 * service's tests wait more than they work, so more of them run at once than there are processors.
 */
const stages = [
  { title: 'Build', run: ['tsc', '-b'] },
  { title: 'Types of tests, examples and benchmarks', run: ['tsc', '-p', 'tsconfig.tests.json'] },
  { title: 'Lint', run: ['oxlint', '--type-aware', '--deny-warnings'] },
  { title: 'Format', run: ['oxfmt', '--check', '.'] },
  { title: 'Dead code', run: ['knip', '--no-config-hints'] },
  { title: 'Client', run: ['vitest', 'run', '--project', 'client'], counts: true },
  { title: 'Service', run: ['vitest', 'run', '--project', 'server', '--maxWorkers', '3'], counts: true },
  { title: 'End to end', run: ['vitest', 'run', '--project', 'e2e', '--maxWorkers', '2'], counts: true },
  { title: 'Client on a current Node', run: ['tsx', 'e2e/runtimes/unit-tests.ts'], counts: true },
]

const root = fileURLToPath(new URL('..', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'astakos-test-'))
const total = { passed: 0, failed: 0 }

for (const [index, stage] of stages.entries()) {
  console.log(`\n── ${stage.title} ${'─'.repeat(Math.max(0, 60 - stage.title.length))}`)
  const began = performance.now()
  const { passed, failed } = outcomeOf(stage, join(scratch, String(index)))
  total.passed += passed
  total.failed += failed
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`── ${stage.title}: ${failed === 0 ? 'passed' : 'FAILED'} in ${seconds} s`)
}

rmSync(scratch, { recursive: true })
console.log(`\n${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0

/** A stage without tests of its own is one. One that fails without a failed test, or ran none, is a failure too. */
function outcomeOf({ run: [tool, ...args], counts }, countsFile) {
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules/.bin', tool), ...args], {
    cwd: root,
    stdio: 'inherit',
    timeout: 720_000,
    env: { ...process.env, COUNTS_FILE: countsFile },
  })
  if (!counts) return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
  const { passed, failed } = countsIn(countsFile)
  const broken = failed === 0 && (status !== 0 || passed === 0)
  return { passed, failed: broken ? 1 : failed }
}

function countsIn(file) {
  try {
    const [passed = 0, failed = 0] = readFileSync(file, 'utf8').split(/\s+/).map(Number)
    return { passed, failed }
  } catch {
    return { passed: 0, failed: 1 }
  }
}
