import cluster from 'node:cluster'
import { styleText } from 'node:util'
import { ConfigFileError } from './config-file.ts'
import { ConfigError, OPTIONS, readConfig, variableOf, type OptionName } from './config.ts'
import { startServer } from './serve.ts'
import { startWorkers } from './workers/parent.ts'
import { startWorker } from './workers/worker.ts'

const HELP = `A service compatible with Synnefo's Astakos: identity, quotas, commissions and projects on PostgreSQL.

Usage:
  astakos-server serve [OPTION…]     run the service
  astakos-server serve --check …     tell whether it could, and what is wrong
  astakos-server demo [OPTION…]      run it with a small sample cloud in it, and show a tour
  astakos-server admin NAME '{json}' [OPTION…]
                                     users, components, quotas, projects, …: see astakos-server admin --help
  astakos-server backup FILE [OPTION…]
  astakos-server restore FILE [OPTION…]
                                     the whole database, while services run; without the secret key
  astakos-server migrate [--dry-run] [OPTION…]
                                     bring the schema up to date, as each start does
  astakos-server rotate-key [STEP] [OPTION…]
                                     replace the secret key: see astakos-server rotate-key --help
  astakos-server import --from URL [OPTION…]
                                     bring an Astakos 0.21 over: see astakos-server import --help
  astakos-server --help

Examples:
  astakos-server serve                                  on 127.0.0.1:8000, its data in ./astakos-data
  astakos-server serve --throw-away --listen :8080      for a try
  astakos-server serve --workers 4                      on four cores
  astakos-server serve --database-url postgresql://astakos@/astakos?host=/run/postgresql \\
      --base-url https://accounts.example.org --trust-proxy 127.0.0.1 --secret-key-file /etc/astakos/key

Options, each also read from an environment variable:
`

interface Stoppable {
  stop(): Promise<void>
}

/** @returns the exit code; for `serve`, when it was told to stop. */
export async function main(args: readonly string[]): Promise<number> {
  ignoreClosedOutput()
  const [command, ...rest] = args
  const beside = COMMANDS.get(command)
  if (beside) return runBeside(beside, rest)
  if (
    command === undefined ||
    command === '--help' ||
    command === '-h' ||
    command === 'help' ||
    rest.includes('--help')
  ) {
    process.stdout.write(help())
    return command === undefined ? 2 : 0
  }
  const run = command === 'serve' ? serve : command === 'demo' ? demo : null
  if (!run) return complain(`There is no command ${command}: see astakos-server --help`)
  try {
    if (command === 'serve' && readConfig(rest).check) return await check(rest)
    await untilStopped(await run(rest))
    return 0
  } catch (error) {
    // It has told the process that started it, which tells people.
    if (cluster.isWorker) process.exit(1)
    return complain(isOfConfig(error) ? `${error.message}; see astakos-server --help` : messageOf(error))
  }
}

type Command = (args: readonly string[]) => Promise<number>

/** What is done beside the service; each has its own help. */
const COMMANDS = new Map<string | undefined, () => Promise<Command>>([
  ['admin', async () => (await import('./admin/command.ts')).admin],
  ['import', async () => (await import('./import/command.ts')).importOriginal],
  ['backup', async () => (await import('./backup/command.ts')).backup],
  ['restore', async () => (await import('./backup/command.ts')).restore],
  ['migrate', async () => (await import('./migration/command.ts')).migrateCommand],
  ['rotate-key', async () => (await import('./rotation/command.ts')).rotateKey],
])

async function runBeside(load: () => Promise<Command>, args: readonly string[]): Promise<number> {
  try {
    const command = await load()
    return await command(args)
  } catch (error) {
    return complain(messageOf(error))
  }
}

async function check(args: readonly string[]): Promise<number> {
  const { checkService } = await import('./check.ts')
  const findings = await checkService(readConfig(args))
  for (const { what, isGood, says } of findings)
    process.stdout.write(`${isGood ? green('ok') : red('wrong')}  ${what}: ${says}\n`)
  return findings.every(({ isGood }) => isGood) ? 0 : 1
}

function isOfConfig(error: unknown): error is Error {
  return error instanceof ConfigError || error instanceof ConfigFileError
}

async function serve(args: readonly string[]): Promise<Stoppable> {
  const config = readConfig(args)
  if (cluster.isWorker) return startWorker(config)
  const server = await (config.workers > 1 ? startWorkers(config) : startServer(config))
  process.stdout.write(`${server.authUrl}\n`)
  return server
}

async function demo(args: readonly string[]): Promise<Stoppable> {
  // It brings the client along, which `serve` does not need.
  const { startDemo } = await import('./demo/demo.ts')
  return startDemo(args)
}

/** Whoever read along has gone, `head` for one; what was begun goes on. */
function ignoreClosedOutput(): void {
  // A log that can't be written stops nothing.
  process.stderr.on('error', () => undefined)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return
    // What was asked for is done; that it could not be shown is an error nevertheless.
    process.exit(complain(`It was done, but the output could not be written: ${error.code}`))
  })
}

/** A second signal doesn't wait. */
async function untilStopped(server: Stoppable): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  await server.stop()
  // The channel to the process that started this one would keep it.
  if (cluster.isWorker) process.disconnect()
}

function help(): string {
  const lines = Object.entries(OPTIONS).map(([name, { value, help: text }]) => {
    const option = `--${name} ${value}`.trimEnd()
    return `  ${bold(option)}${' '.repeat(Math.max(1, 30 - option.length))}${text}\n${' '.repeat(32)}${variableOf(name as OptionName)}\n`
  })
  return `${HELP}${lines.join('')}`
}

const styled = (style: 'bold' | 'green' | 'red', text: string): string =>
  process.stdout.isTTY ? styleText(style, text) : text
const bold = (text: string): string => styled('bold', text)
const green = (text: string): string => styled('green', text)
const red = (text: string): string => styled('red', text)

function complain(message: string): number {
  process.stderr.write(`astakos-server: ${message}\n`)
  return 1
}

/** Connection errors come several at once, with an empty message around them. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}
