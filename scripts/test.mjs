import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** `npm test`: every proof that the project has, one stage after the other, and one closing line for all of them. */
const stages = [
  ['Build', ['tsc', '-b']],
  ['Types of tests, examples and benchmarks', ['tsc', '-p', 'tsconfig.tests.json']],
  ['Lint', ['oxlint', '--type-aware', '--deny-warnings']],
  ['Format', ['oxfmt', '--check', '.']],
  ['Dead code', ['knip']],
  ['Client', ['vitest', 'run', '--project', 'client']],
  ['End to end', ['vitest', 'run', '--project', 'e2e']],
]

const root = fileURLToPath(new URL('..', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'astakos-test-'))
const counts = { passed: 0, failed: 0 }

for (const [index, [title, [tool, ...args]]] of stages.entries()) {
  console.log(`\n── ${title} ${'─'.repeat(Math.max(0, 60 - title.length))}`)
  const countsFile = join(scratch, String(index))
  const began = performance.now()
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules/.bin', tool), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, COUNTS_FILE: countsFile },
  })
  const [passed, failed] = tool === 'vitest' ? countsOf(countsFile) : [0, 0]
  // A stage that fails without a failed test, or ran none, is a failure of its own.
  const broken = status !== 0 && failed === 0
  counts.passed += tool === 'vitest' ? passed : Number(!broken)
  counts.failed += failed + Number(broken)
  console.log(`── ${title}: ${broken || failed > 0 ? 'failed' : 'passed'} in ${((performance.now() - began) / 1000).toFixed(1)} s`)
}

rmSync(scratch, { recursive: true })
console.log(`\n${counts.passed} passed, ${counts.failed} failed`)
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0

function countsOf(file) {
  try {
    const [passed = 0, failed = 0] = readFileSync(file, 'utf8').split(/\s+/).map(Number)
    return [passed, failed]
  } catch {
    return [0, 1]
  }
}
