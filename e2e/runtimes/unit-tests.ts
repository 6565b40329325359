import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

import { root } from '../packaging/pack.ts'
import { installRuntimes } from './install.ts'
import { node24 } from './runtimes.ts'

/** The client's unit tests once more, on a current Node. Its type tests, `*.test-d.ts`, have nothing to do with that. */
await installRuntimes()
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const { status } = spawnSync(node24.executable(), [vitest, 'run', '--project', 'client', '.test.ts'], {
  cwd: root,
  stdio: 'inherit',
})
process.exitCode = status ?? 1
