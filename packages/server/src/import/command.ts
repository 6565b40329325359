import { userInfo } from 'node:os'
import { stringifyExact } from 'astakosclient/wire'
import { ConfigError, readConfig } from '../config.ts'
import { openDatabase } from '../open-database.ts'
import { importFrom } from './import.ts'
import { progressOn } from './progress.ts'
import { textOf } from './report.ts'

const HELP = `Brings an Astakos 0.21 over: everything in its PostgreSQL database, in one transaction, into the empty one of a service.

Usage:
  astakos-server import --from URL [--dry-run] [OPTION…]

  --from URL        the old database, which is only read: postgresql://USER@HOST/NAME
                    (also ASTAKOS_IMPORT_FROM; others on this machine see the command line, so a password
                    belongs there or into PGPASSWORD)
  --dry-run         does everything and takes it back
  --terms-dir DIR   the files with the terms of use, from the old host
  --json            the report for a program

Other options are those of astakos-server serve: --database-url or --data-dir, --secret-key-file, …
Stop the service before. Step by step: docs/import.md
`

interface Given {
  readonly from: string
  readonly isDryRun: boolean
  readonly isJson: boolean
  readonly termsDir: string | null
  /** For `readConfig`. */
  readonly others: readonly string[]
}

/** `astakos-server import --from URL`. @returns the exit code */
export async function importOriginal(
  args: readonly string[],
  out: Pick<NodeJS.WritableStream, 'write'> = process.stdout,
  env: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    out.write(HELP)
    return 0
  }
  const { from, isDryRun, isJson, termsDir, others } = given(args, env)
  await using opened = await openDatabase(readConfig(others, env), { prepares: true })
  using progress = progressOn(process.stderr)
  const report = await importFrom(opened, {
    from,
    isDryRun,
    termsDir,
    actor: `command:${userInfo().username}`,
    onProgress: progress.show,
  })
  progress.clear()
  out.write(isJson ? `${stringifyExact(report, 2)}\n` : textOf(report))
  return 0
}

/** @throws {ConfigError} */
function given(args: readonly string[], env: NodeJS.ProcessEnv): Given {
  const others = [...args]
  const flag = (name: string): boolean => {
    const at = others.indexOf(name)
    if (at !== -1) others.splice(at, 1)
    return at !== -1
  }
  const value = (name: string): string | null => {
    const at = others.findIndex((arg) => arg === name || arg.startsWith(`${name}=`))
    if (at === -1) return null
    const [option = '', next] = others.splice(at, others[at] === name ? 2 : 1)
    const text = option === name ? next : option.slice(name.length + 1)
    if (text === undefined || text === '') throw new ConfigError(name, 'needs a value')
    return text
  }
  const [isDryRun, isJson, termsDir] = [flag('--dry-run'), flag('--json'), value('--terms-dir')]
  const from = value('--from') ?? env['ASTAKOS_IMPORT_FROM'] ?? ''
  if (from === '') throw new ConfigError('--from', 'is missing: the URL of the database to import')
  // Not repeated: it may hold a password.
  if (!/^postgres(?:ql)?:\/\//.test(from) || !URL.canParse(from.replace('@/', '@host/')))
    throw new ConfigError('--from', 'must be a postgresql:// URL')
  return { from, isDryRun, isJson, termsDir, others }
}
