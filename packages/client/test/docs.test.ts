import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Operation } from '../src/call.ts'
import * as account from '../src/operations/account.ts'
import * as commissions from '../src/operations/commissions.ts'
import * as identity from '../src/operations/identity.ts'
import * as memberships from '../src/operations/memberships.ts'
import * as projects from '../src/operations/projects.ts'
import * as quotas from '../src/operations/quotas.ts'
import * as users from '../src/operations/users.ts'

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
