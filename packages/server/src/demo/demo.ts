import { styleText } from 'node:util'
import { readConfig, type ServerConfig } from '../config.ts'
import { createLogger } from '../logger.ts'
import { startServer, type RunningServer } from '../serve.ts'
import { ADMINISTRATOR, loadSampleCloud, type SampleCloud } from './cloud.ts'
import type { Screen } from './screen.ts'
import { tour } from './tour.ts'

/** A service with a small cloud in it, and a tour through it. It takes the options of `serve`. */
export async function startDemo(args: readonly string[]): Promise<RunningServer> {
  const began = performance.now()
  const isKept = args.some((arg) => /^--(?:data-dir|database-url)\b/.test(arg))
  const defaults = [...(isKept ? [] : ['--throw-away']), '--log-level', 'warn', '--listen', '127.0.0.1:0']
  const config = withAdministrator(readConfig([...defaults, ...args]))
  const server = await startServer(config, createLogger(config.logLevel))
  try {
    const cloud = await loadSampleCloud(server.service.database, server.secretKey)
    server.service.catalog.forget()
    server.service.resources.forget()
    introduce(server, cloud, performance.now() - began)
    await tour(screen, server.authUrl, cloud)
    say(
      `\n${green('✓')} It took ${((performance.now() - began) / 1000).toFixed(1)} s. The service goes on; stop it with Ctrl-C.`,
    )
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
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
