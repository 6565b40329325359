import { ConfigError, readConfig, variableOf, type OptionName, type ServerConfig } from '../config.ts'
import { createLogger } from '../logger.ts'
import { startServer, type RunningServer } from '../serve.ts'
import { ADMINISTRATOR, loadSampleCloud } from './cloud.ts'
import { introduce, tellOfApplication, tellOfMails } from './introduce.ts'
import { withMails } from './mail-folder.ts'
import { bold, cyan, dim, green, say } from './print.ts'
import type { Screen } from './screen.ts'
import { tour } from './tour.ts'

/** A service with a small cloud in it, and a tour through it. It takes the options of `serve`. */
export async function startDemo(args: readonly string[]): Promise<RunningServer> {
  const began = performance.now()
  const seconds = (): number => (performance.now() - began) / 1000
  const given = withAdministrator(readConfig(args, withDefaults(args, process.env)))
  if (given.workers > 1) throw new ConfigError('--workers', 'is for serve: the demo is one process')
  const { config, isTemporary, remove } = await withMails(given)
  let stop = remove
  try {
    const server = await startServer(config, createLogger(config.logLevel))
    stop = async () => {
      try {
        await server.stop()
      } finally {
        await remove()
      }
    }
    const cloud = await loadSampleCloud(server.service.database, server.secretKey)
    server.service.catalog.forget()
    server.service.resources.forget()
    introduce(server, cloud, seconds())
    tellOfMails(config, isTemporary)
    tellOfApplication(server.authUrl, cloud)
    if (config.dataDir !== null || config.databaseUrl !== null) say('\nTokens and passwords are new at every start.')
    const problem = await problemOf(tour(screen, server.authUrl, cloud))
    say(
      problem === null
        ? `\n${green('✓')} It took ${seconds().toFixed(1)} s. The service goes on; stop it with Ctrl-C.`
        : `\nThe tour ends here: ${problem} What it wants to use may be in use since an earlier start.\nThe service goes on; stop it with Ctrl-C.`,
    )
    return { ...server, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** What `serve` would do otherwise; whatever is given, as an option or a variable, goes before. */
function withDefaults(args: readonly string[], env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isGiven = (option: OptionName): boolean =>
    args.some((arg) => arg === `--${option}` || arg.startsWith(`--${option}=`)) || Boolean(env[variableOf(option)])
  const defaults: NodeJS.ProcessEnv = { ASTAKOS_LOG_LEVEL: 'warn', ASTAKOS_LISTEN: '127.0.0.1:0' }
  if (!isGiven('data-dir') && !isGiven('database-url')) defaults['ASTAKOS_THROW_AWAY'] = 'true'
  // Over plain HTTP not every browser keeps the others. Where people come by https, they are as `serve` has them.
  const isPlain = !readConfig(args, env).settings.baseUrl?.startsWith('https:')
  if (isPlain) defaults['ASTAKOS_INSECURE_COOKIES'] = 'true'
  return { ...defaults, ...Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')) }
}

/** The tour is there to be looked at; what it meets must not end the service. */
function problemOf(touring: Promise<void>): Promise<string | null> {
  return touring.then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
}

function withAdministrator(config: ServerConfig): ServerConfig {
  const projectAdmins = [...config.settings.projectAdmins, ADMINISTRATOR]
  return { ...config, settings: { ...config.settings, projectAdmins } }
}

let steps = 0
const screen: Screen = {
  step(title) {
    steps += 1
    say(`\n${bold(`${steps}. ${title}`)}`)
  },
  code: (line) => say(`   ${cyan(line)}`),
  result: (line) => say(`   ${dim('│')} ${line}`),
}
