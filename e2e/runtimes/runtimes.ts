import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { installed } from './install.ts'

export interface Runtime {
  readonly name: string
  /** Before the program's own path. */
  readonly args: readonly string[]
  /** @throws {Error} a sentence that says what to do. */
  readonly executable: () => string
}

/** The oldest Node that the package's `engines` allow, this one, and each newer line; and the others. */
export const runtimes: readonly Runtime[] = [
  { name: `Node ${process.versions.node}`, args: [], executable: () => process.execPath },
  fromNpm('Node 20.19', 'node-20.19/bin/node'),
  fromNpm('Node 22', 'node-22/bin/node'),
  fromNpm('Node 24', 'node-24/bin/node'),
  fromNpm('Node 26', 'node-26/bin/node'),
  fromNpm('Bun', '@oven/bun-linux-x64/bin/bun'),
  fromNpm('Deno', '@deno/linux-x64-glibc/deno', ['run', '-A', '--no-lock']),
]

export const node24: Runtime = fromNpm('Node 24', 'node-24/bin/node')

/** The packages are for Linux on x64. Elsewhere, and in their stead, a variable names the executable. */
function fromNpm(name: string, path: string, args: readonly string[] = []): Runtime {
  const variable = `ASTAKOS_TEST_${name.toUpperCase().replaceAll(/[ .]/g, '_')}`
  return {
    name,
    args,
    executable: () => {
      const given = process.env[variable]
      const executable = given ?? join(installed, path)
      if (existsSync(executable)) return executable
      throw new Error(
        given === undefined
          ? `${name} is installed by itself on Linux x64 only: on this machine, put the path of its executable into ${variable}.`
          : `${variable} names ${given}, which does not exist.`,
      )
    },
  }
}
