import { readConfig } from '../config.ts'
import { Database } from '../db/database.ts'
import { migrate, pendingSteps, type Migration } from '../db/migrate.ts'
import { secretKeysOf } from '../identity/secret-key-check.ts'
import { clusterOf } from '../open-database.ts'

const HELP = `Brings the schema of the database up to date and makes its key file where there is none, as each start of the service does, too.

  astakos-server migrate [OPTION…]            takes the steps that are missing, each in a transaction of its own
  astakos-server migrate --dry-run [OPTION…]  lists them, and changes nothing

Services of the release before may run on while it works and afterwards, if all steps are called compatible. Options are those of
astakos-server serve: --database-url or --data-dir, …
`

/** `astakos-server migrate`. @returns the exit code */
export async function migrateCommand(
  args: readonly string[],
  say: (line: string) => void = (line) => void process.stdout.write(`${line}\n`),
): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    say(HELP.trimEnd())
    return 0
  }
  const config = readConfig(args.filter((arg) => arg !== '--dry-run'))
  const cluster = await clusterOf(config)
  try {
    if (args.includes('--dry-run')) {
      const steps = await pendingSteps(cluster.where())
      for (const step of steps) say(lineOf(step))
      say(steps.length === 0 ? 'The schema is up to date.' : 'Nothing was changed.')
    } else {
      const taken = await migrate(cluster.where(), undefined, (step) => say(lineOf(step)))
      const database = new Database(cluster)
      try {
        await secretKeysOf(database, config)
      } finally {
        await database.close()
      }
      say(taken.length === 0 ? 'The schema was up to date.' : 'The schema is up to date.')
    }
    return 0
  } finally {
    await cluster.stop()
  }
}

function lineOf({ number, name, isCompatible }: Migration): string {
  const kind = isCompatible ? 'compatible' : 'not compatible: stop the services of the release before'
  return `${String(number).padStart(4, '0')} ${name} (${kind})`
}
