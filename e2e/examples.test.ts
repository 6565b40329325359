import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

function node(...args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr })
    })
  })
}

describe('the examples', () => {
  it.each([
    ['authenticate', /Alice Liddell \(b3de8eb0-.*\)[\s\S]*account API is at http:/],
    ['names-and-uuids', /alice@example\.org\n7a2f6a4e-.*\nbob@example\.org/],
    ['quotas', /cyclades\.network\.private +0 of inf used, inf left[\s\S]*cyclades\.ram +0 bytes of 4\.00 GB used/],
    ['commission', /commission 1001 is pending[\s\S]*is accepted[\s\S]*no quota of cyclades\.vm: 2 wanted, 1 left/],
    [
      'projects',
      /application 1001 [\s\S]*walk\.example\.org: uninitialized, up to 3 members[\s\S]*may leave or remove/,
    ],
  ])('%s runs by itself and says what it found', async (name, said) => {
    const { code, output } = await node('--import', 'tsx', `examples/${name}.ts`)
    expect(output).toMatch(said)
    expect(code).toBe(0)
  })

  it('npm start shows every call of all five with its answer', async () => {
    const { code, output } = await node('examples/tour.mjs')
    expect(output).toMatch(/POST \/astakos\/identity\/v2\.0\/tokens\n +200 \{"access"/)
    expect(output).toMatch(/413 \{"overLimit"/)
    expect(output).toMatch(/✓ 5 examples, \d+ calls/)
    expect(code).toBe(0)
  })
})
