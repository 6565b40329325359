import { styleText } from 'node:util'
import { readConfig, variableOf, type OptionName, type ServerConfig } from '../config.ts'
import { createLogger } from '../logger.ts'
import { startServer, type RunningServer } from '../serve.ts'
import { ADMINISTRATOR, loadSampleCloud, type SampleCloud } from './cloud.ts'
import type { Screen } from './screen.ts'
import { tour } from './tour.ts'

/** A service with a small cloud in it, and a tour through it. It takes the options of `serve`. */
export async function startDemo(args: readonly string[]): Promise<RunningServer> {
  const began = performance.now()
  const config = withAdministrator(readConfig(args, withDefaults(args, process.env)))
  const server = await startServer(config, createLogger(config.logLevel))
  try {
    const cloud = await loadSampleCloud(server.service.database, server.secretKey)
    server.service.catalog.forget()
    server.service.resources.forget()
    introduce(server, cloud, performance.now() - began)
    const problem = await problemOf(tour(screen, server.authUrl, cloud))
    say(
      problem === null
        ? `\n${green('✓')} It took ${((performance.now() - began) / 1000).toFixed(1)} s. The service goes on; stop it with Ctrl-C.`
        : `\nThe tour ends here: ${problem} What it wants to use may be in use since an earlier start.\nThe service goes on; stop it with Ctrl-C.`,
    )
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** What `serve` would do otherwise; whatever is given, as an option or a variable, goes before. */
function withDefaults(args: readonly string[], env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isGiven = (option: OptionName): boolean =>
    args.some((arg) => arg === `--${option}` || arg.startsWith(`--${option}=`)) || Boolean(env[variableOf(option)])
  const defaults: NodeJS.ProcessEnv = { ASTAKOS_LOG_LEVEL: 'warn', ASTAKOS_LISTEN: '127.0.0.1:0' }
  if (!isGiven('data-dir') && !isGiven('database-url')) defaults['ASTAKOS_THROW_AWAY'] = 'true'
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

function introduce(
  { authUrl, database }: RunningServer,
  { users, components }: SampleCloud,
  milliseconds: number,
): void {
  say(`${bold('Astakos')} is ready after ${(milliseconds / 1000).toFixed(1)} s, on ${database}.\n`)
  say(`  auth URL   ${bold(authUrl)}`)
  for (const { name, uuid, token } of users)
    say(`  ${name.padEnd(11)}${token}  ${dim(uuid === ADMINISTRATOR ? `${uuid}, decides about projects` : uuid)}`)
  for (const { name, token } of components) say(`  ${name.padEnd(11)}${token}  ${dim('a service')}`)
  const [alice] = users
  if (!alice) return
  const account = authUrl.replace(/identity\/v2\.0$/, 'account/v1.0')
  say(`\nA first call:\n\n  curl -H 'X-Auth-Token: ${alice.token}' ${account}/quotas`)
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

const paint =
  (style: 'bold' | 'dim' | 'cyan' | 'green') =>
  (text: string): string =>
    process.stdout.isTTY && !process.env['NO_COLOR'] ? styleText(style, text) : text
const [bold, dim, cyan, green] = [paint('bold'), paint('dim'), paint('cyan'), paint('green')]

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
