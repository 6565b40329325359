import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { QuotaLimit, stringifyExact } from '../src/index.ts'
import type { Operation } from '../src/call.ts'
import { mayRepeat, type Ending, type RetryClass } from '../src/retry.ts'
import * as account from '../src/operations/account.ts'
import * as commissions from '../src/operations/commissions.ts'
import * as identity from '../src/operations/identity.ts'
import * as memberships from '../src/operations/memberships.ts'
import * as projects from '../src/operations/projects.ts'
import * as quotas from '../src/operations/quotas.ts'
import * as users from '../src/operations/users.ts'
import { runChild } from './support/child.ts'
import { serve } from './support/service.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'packages/client/README.md', ...pagesOf('docs')]

function pagesOf(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`)
}

function read(page: string): string {
  return readFileSync(join(root, page), 'utf8')
}

/** The TypeScript of a page, one program for each block. */
function blocksOf(page: string): string[] {
  return [...read(page).matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code)
}

const operations = [identity, users, account, quotas, commissions, projects, memberships]
  .flatMap((module) => Object.values(module) as unknown[])
  .filter((value): value is Operation => typeof value === 'object' && value !== null && 'retry' in value)

describe('docs/retries.md', () => {
  const text = readFileSync(new URL('../../../docs/retries.md', import.meta.url), 'utf8')
  const rows = [...text.matchAll(/^\| `(\w+)` +\| (\w+) (\w+) `([^`]+)` +\| (\w+) +\|$/gm)]

  it('shows the class of every operation as it is', () => {
    const shown = rows.map(([, name, method, base, path, retry]) => ({ name, method, base, path, retry }))
    const real = operations.map(({ name, method, base, path, retry }) => ({ name, method, base, path, retry }))
    const byName = (a: { name: string | undefined }, b: { name: string | undefined }): number =>
      String(a.name).localeCompare(String(b.name))
    expect(shown.toSorted(byName)).toEqual(real.toSorted(byName))
    expect(real.length).toBeGreaterThan(40)
  })
})

describe('the first table of docs/retries.md', () => {
  const status = (code: number): Ending => ({ kind: 'status', status: code, final: false })
  const endings: Readonly<Record<string, readonly Ending[]>> = {
    'it surely never left (refused, no such host)': [{ kind: 'silence', sent: false, final: false }],
    'no answer, or one that broke off': [{ kind: 'silence', sent: true, final: false }],
    'success, but no readable document': [{ kind: 'broken', final: false }],
    '429': [status(429)],
    '500, 502, 503, 504': [500, 502, 503, 504].map(status),
    'any other 5xx': [501, 505, 507, 599].map(status),
    '4xx, 3xx': [300, 302, 304, 400, 401, 403, 404, 405, 409, 413, 418, 422].map(status),
  }
  const rows = [...read('docs/retries.md').matchAll(/^\| ([^|`]+?) +\|((?: +(?:again|–) +\|){4})$/gm)]

  it('says when there is another attempt', () => {
    expect(rows.map(([, ending]) => ending)).toEqual(Object.keys(endings).sort(byPlace(rows)))
    const classes: readonly RetryClass[] = ['safe', 'idempotent', 'keyed', 'once']
    for (const [, ending = '', cells = ''] of rows) {
      for (const [at, retry] of classes.entries()) {
        const again = cells.split('|')[at]?.trim() === 'again'
        for (const one of endings[ending] ?? []) expect(mayRepeat(retry, one), `${ending}, ${retry}`).toBe(again)
      }
    }
  })
})

function byPlace(rows: readonly RegExpExecArray[]): (a: string, b: string) => number {
  const places = rows.map(([, ending]) => ending)
  return (a, b) => places.indexOf(a) - places.indexOf(b)
}

describe('the pages', () => {
  it('hold TypeScript that compiles as it stands', () => {
    const folder = mkdtempSync(join(tmpdir(), 'astakos-docs-'))
    try {
      const blocks = pages.flatMap((page) => blocksOf(page).map((code, index) => ({ page, index, code })))
      expect(blocks.length).toBeGreaterThan(4)
      for (const { page, index, code } of blocks) {
        writeFileSync(join(folder, `${page.replaceAll('/', '-')}-${index}.ts`), code)
      }
      writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(projectOf(root)))
      const { stdout, status } = spawnSync(process.execPath, [join(root, 'node_modules/.bin/tsc'), '-p', folder], {
        encoding: 'utf8',
      })
      expect(stdout).toBe('')
      expect(status).toBe(0)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('point to files that are there', () => {
    const missing = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)#]+)[^)]*\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^https?:/.test(target) && !existsSync(join(root, dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    )
    expect(missing).toEqual([])
  })

  it('name scripts that are there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const named = pages.flatMap((page) => [...read(page).matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name))
    expect(named.filter((name) => !(name in scripts))).toEqual([])
  })
})

function projectOf(folder: string): object {
  return {
    extends: join(folder, 'tsconfig.base.json'),
    compilerOptions: {
      noEmit: true,
      isolatedDeclarations: false,
      allowImportingTsExtensions: true,
      rewriteRelativeImportExtensions: false,
      noUnusedLocals: false,
      customConditions: ['astakos-source'],
      skipLibCheck: true,
      lib: ['es2023', 'esnext.disposable', 'dom', 'dom.iterable', 'dom.asynciterable'],
      types: ['node'],
      typeRoots: [join(folder, 'node_modules/@types')],
      paths: { astakosclient: [join(folder, 'packages/client/src/index.ts')] },
    },
    include: ['*.ts'],
  }
}

describe('the twenty lines of the README', () => {
  const [code = ''] = blocksOf('README.md')

  /** The program, followed by a use of what it exports, against a service of the test. */
  async function run(
    issue: { status: number; body: object },
    use: string,
  ): Promise<{ stdout: string; sent: string[] }> {
    await using service = await serve(({ method, path, body }) => {
      if (path.endsWith('/tokens') && body !== '') return { body: { access: { user: { id: 'the user' } } } }
      if (path.endsWith('/user_catalogs')) {
        const { uuids } = JSON.parse(body) as { uuids: string[] }
        return { body: { uuid_catalog: Object.fromEntries(uuids.map((uuid) => [uuid, 'the name'])) } }
      }
      if (path.endsWith('/commissions')) return issue
      if (path.endsWith('/action')) return { status: 200, body: '' }
      return method === 'POST' ? undefined : { status: 500 }
    })
    const program = code.replace('https://accounts.example.com', service.origin) + use
    const { code: script } = transformSync(program, { loader: 'ts', format: 'esm' })
    const { stdout, stderr, code: exit } = await runChild(script)
    expect(stderr).toBe('')
    expect(exit).toBe(0)
    return { stdout, sent: service.requests.map(({ path, body }) => `${path} ${body}`) }
  }

  it('charge for a server and make it', async () => {
    const { stdout, sent } = await run(
      { status: 201, body: { serial: 57 } },
      "await createServer('u', 'p', async () => console.log('made'))",
    )
    expect(stdout).toBe('the user\nthe name\nmade\n')
    expect(sent.at(-1)).toBe('/account/v1.0/commissions/57/action {"accept":""}')
    expect(sent.find((request) => request.includes('"provisions"'))).toContain('"quantity":2147483648')
  })

  it('give the quota back when the server can not be made', async () => {
    const { sent } = await run(
      { status: 201, body: { serial: 57 } },
      "await createServer('u', 'p', () => Promise.reject(new Error('no'))).catch(() => undefined)",
    )
    expect(sent.at(-1)).toBe('/account/v1.0/commissions/57/action {"reject":""}')
  })

  it('say what is left when the quota does not suffice', async () => {
    const provision = { holder: 'user:u', source: 'project:p', resource: 'cyclades.vm', quantity: 1 }
    const { stdout, sent } = await run(
      {
        status: 413,
        body: {
          overLimit: {
            code: 413,
            message: '',
            data: { name: 'NoCapacityError', provision, limit: 2, usage: 2 },
          },
        },
      },
      "console.error = console.log; await createServer('u', 'p', async () => undefined).catch(() => undefined)",
    )
    expect(stdout).toContain('cyclades.vm: 0 left, 1 wanted')
    expect(sent.some((request) => request.includes('/action'))).toBe(false)
  })
})

describe('docs/errors.md', () => {
  it('names every class', async () => {
    const text = read('docs/errors.md')
    const exported = Object.entries(await import('../src/index.ts')).filter(
      ([, value]) => typeof value === 'function' && (value as { prototype?: unknown }).prototype instanceof Error,
    )
    expect(exported.length).toBe(17)
    expect(exported.map(([name]) => name).filter((name) => !text.includes(`\`${name}\``))).toEqual([])
  })

  it('is right that an error with quantities can be written as JSON', () => {
    const error = new QuotaLimit('', {}, { kind: null, provision: null, limit: 2n ** 63n - 1n, usage: 1n })
    expect(() => JSON.stringify(error)).toThrow(TypeError)
    expect(stringifyExact(error)).toContain('"limit":9223372036854775807')
  })
})

describe('docs/architecture.svg', () => {
  it('has no colour of its own behind it, so that it is read in light and dark', () => {
    const text = read('docs/architecture.svg')
    expect(text).toMatch(/^<svg [^>]*viewBox=/)
    expect(text).not.toContain('fill="white"')
    expect(text).not.toMatch(/#(?:000|fff)(?:000|fff)?\b/)
  })
})
