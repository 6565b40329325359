import { execFile } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { Cloud, transports } from './client-service/cloud.ts'
import { approved, sceneOf } from './client-service/project-scene.ts'
import { ExampleProcess, root } from './example-process.ts'

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

  it('web-projects shows what can be done in each project, and does it', async () => {
    await using cloud = new Cloud()
    await cloud.start()
    const [transport] = transports
    if (!transport) throw new Error('No transport at all')
    const { alice, bob, carol, dave, bobId } = sceneOf(cloud, transport)
    const open = await approved(alice, carol, 'open.example.org', { join_policy: 'auto', max_members: 2 ** 53 - 1 })
    const own = await approved(bob, carol, 'own.example.org', { join_policy: 'moderated', max_members: 1 })
    await approved(alice, carol, 'hidden.example.org', { private: true })
    const { id: ofDave } = await dave.joinProject(own.id)

    await using example = await ExampleProcess.start('web-projects.ts', {
      ASTAKOS_URL: `${cloud.value('base')}/identity/v2.0`,
      ASTAKOS_TOKEN: cloud.value('token:bob'),
    })
    const tool = new WebTool(example.url)
    const first = await tool.sections()
    expect(Object.keys(first)).toEqual([`system:${bobId}`, 'own.example.org', 'open.example.org'])
    expect(first['open.example.org']).toBe('active, for up to 9007199254740991 members join')
    expect(first['own.example.org']).toBe('active, for up to 1 members dave@example.org: requested accept reject')
    expect(first[`system:${bobId}`]).toBe('active, for up to 1 members bob@example.org: accepted')

    expect(await tool.press('join', open.id)).toBe(303)
    expect(await tool.press('accept', String(ofDave))).toBe(303)
    const second = await tool.sections()
    expect(second['open.example.org']).toMatch(/bob@example\.org: accepted leave$/)
    expect(second['own.example.org']).toMatch(/dave@example\.org: accepted remove$/)

    // Too late, and not from here.
    expect(await tool.press('accept', String(ofDave))).toBe(409)
    expect(await tool.press('leave', String(ofDave), 'https://elsewhere.example.org')).toBe(403)
    expect(await dave.getMembership(ofDave)).toMatchObject({ state: 'accepted' })

    // Whoever is signed in sees their own.
    const cookie = `_pithos2_a=${cloud.value('uuid:dave')}%7C${cloud.value('token:dave')}`
    const ofOther = await tool.sections({ cookie })
    expect(ofOther['own.example.org']).toBe('active, for up to 1 members dave@example.org: accepted leave')
    expect((await fetch(tool.url, { headers: { cookie: '_pithos2_a=x%7Cnobody' } })).status).toBe(401)
  })

  it('npm start shows every call of all five with its answer', async () => {
    const { code, output } = await node('examples/tour.mjs')
    expect(output).toMatch(/POST \/astakos\/identity\/v2\.0\/tokens\n +200 \{"access"/)
    expect(output).toMatch(/413 \{"overLimit"/)
    expect(output).toMatch(/✓ 5 examples, \d+ calls/)
    expect(code).toBe(0)
  })
})

/** The page of projects, as somebody works with it. */
class WebTool {
  readonly url: string

  constructor(url: string) {
    this.url = url
  }

  /** What a reader sees below each heading. */
  async sections(headers: Record<string, string> = {}): Promise<Record<string, string>> {
    const response = await fetch(this.url, { headers })
    expect(response.status).toBe(200)
    const [, ...parts] = (await response.text()).replace(/<a .*/s, '').split('<h2>')
    return Object.fromEntries(
      parts.map((part) => {
        const [heading = '', rest = ''] = part.split('</h2>')
        return [
          heading,
          rest
            .replace(/<[^>]*>/g, ' ')
            .replace(/\s+/g, ' ')
            .trim(),
        ]
      }),
    )
  }

  async press(action: string, on: string, origin: string = new URL(this.url).origin): Promise<number> {
    const body = new URLSearchParams({ action, on })
    const response = await fetch(this.url, { method: 'POST', body, headers: { origin }, redirect: 'manual' })
    await response.text()
    return response.status
  }
}
