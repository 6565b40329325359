import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pack, root, tool, type Packed } from './pack.ts'
import { npmEnv, run } from './shell.ts'

/** The service as it is published: it starts from what is in the tarball, with its dependencies beside it. */

let packed: Packed
let files: string[]

beforeAll(async () => {
  packed = await pack('server')
  const entries = await readdir(packed.contents, { recursive: true, withFileTypes: true })
  files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(packed.contents.length + 1))
})

afterAll(() => packed?.remove())

describe('the tarball of the service', () => {
  it('holds its program, its migrations, its sources and papers, and nothing else', () => {
    for (const file of ['README.md', 'LICENSE', 'package.json', 'bin/astakos-server.js', 'sql/0001-initial.sql'])
      expect(files).toContain(file)
    const known =
      /^(?:src\/.*\.ts|dist\/.*\.(?:js|d\.ts)(?:\.map)?|sql\/\d{4}-.*\.sql|bin\/.*\.js|[^/]+\.(?:md|json)|LICENSE)$/
    expect(files.filter((file) => !known.test(file))).toEqual([])
  })

  it('names no path of the machine that packed it', async () => {
    for (const file of files) expect(await readFile(join(packed.contents, file), 'utf8'), file).not.toContain(root)
  })

  it('satisfies publint', async () => {
    await run(process.execPath, [tool('publint'), '--strict', packed.tarball], { cwd: root, env: npmEnv() })
  })

  it('starts, answers and ends', async () => {
    const modules = join(packed.folder, 'node_modules')
    await mkdir(modules)
    await cp(packed.contents, join(modules, 'astakos-server'), { recursive: true })
    // As `npm install` would put them, without asking a registry.
    for (const name of await readdir(join(root, 'node_modules')))
      if (!name.startsWith('.') && name !== 'astakos-server')
        await symlink(join(root, 'node_modules', name), join(modules, name))
    const bin = join(modules, 'astakos-server/bin/astakos-server.js')
    const child = spawn(process.execPath, [bin, 'serve', '--throw-away', '--listen', '127.0.0.1:0'], {
      cwd: packed.folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const ended = once(child, 'exit')
    const [authUrl] = (await Promise.race([once(createInterface(child.stdout), 'line'), ended])) as [string]
    const answer = await fetch(`${authUrl}/tokens`, { method: 'POST' })
    expect(answer.status).toBe(200)
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
  })
})
