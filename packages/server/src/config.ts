import { isIP } from 'node:net'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readConfigFile } from './config-file.ts'
import { urlsOf } from './db/hosts.ts'
import { isAddress } from './mail/headers.ts'
import { readSmtpUrl } from './mail/smtp-url.ts'
import { DEFAULT_SETTINGS, type ServiceSettings } from './settings.ts'
import { domainProblem, nameProblem } from './signin/cookie-options.ts'

/** A place to listen at. */
export interface Place {
  readonly host: string
  readonly port: number
}

export interface ServerConfig {
  readonly listen: Place
  /** For Prometheus; off by default. */
  readonly metricsListen: Place | null
  /** A PostgreSQL that runs already; null: one of our own. */
  readonly databaseUrl: string | null
  /** Of the embedded PostgreSQL and of mails; null: a throw-away one. */
  readonly dataDir: string | null
  readonly postgresBin: string | null
  readonly secretKeyFile: string | null
  readonly mailDir: string | null
  /** Goes before the folder. */
  readonly smtpUrl: string | null
  /** Null: astakos at the host of the base URL. */
  readonly mailFrom: string | null
  /** Start nothing. */
  readonly check: boolean
  /** Processes that share the port. */
  readonly workers: number
  readonly logLevel: string
  /** `/admin/v1` answers. */
  readonly adminApi: boolean
  /** Without `baseUrl` where that follows from the port that is got. */
  readonly settings: Omit<ServiceSettings, 'baseUrl'> & { readonly baseUrl: string | null }
}

/** What is wrong with an option, in a sentence that names it. */
export class ConfigError extends Error {
  constructor(option: string, rule: string) {
    super(`${option} ${rule}`)
    this.name = 'ConfigError'
  }
}

interface Option {
  readonly value: string
  readonly help: string
  readonly isFlag?: true
}

/** Every option of `serve`, in the order of its help; each is also read from `ASTAKOS_…` and from the file of `--config`. */
export const OPTIONS = {
  config: {
    value: 'FILE',
    help: 'a file with options, "name = value" a line; the command line and variables go first',
  },
  check: { value: '', help: 'tell whether it could start, and what is wrong; start nothing', isFlag: true },
  listen: { value: 'HOST:PORT', help: 'where to listen (127.0.0.1:8000); port 0 takes a free one' },
  'base-url': { value: 'URL', help: 'what clients call it by (http://HOST:PORT/astakos)' },
  'database-url': {
    value: 'URL',
    help: 'a PostgreSQL 15 or newer, also HOST,HOST with a standby; without it an embedded one is started',
  },
  'data-dir': { value: 'DIR', help: 'where the embedded one keeps its data, and mails go (./astakos-data)' },
  'throw-away': { value: '', help: 'an embedded one whose data end with it; for trying things', isFlag: true },
  'postgres-bin': { value: 'DIR', help: 'the programs of the embedded one, instead of those that come along' },
  'secret-key-file': { value: 'FILE', help: 'the key that seals tokens, made at the first start (beside the data)' },
  'mail-dir': { value: 'DIR', help: 'where mails are written to (mail, in the data directory)' },
  'smtp-url': {
    value: 'URL',
    help: 'a mail server, smtp:// or smtps://USER:PASSWORD@HOST:PORT; without it mails are files',
  },
  'mail-from': { value: 'ADDRESS', help: 'who sends its mails (astakos, at the host of the base URL)' },
  'trust-proxy': { value: 'CIDR,…', help: 'proxies whose X-Forwarded-… are believed (nobody)' },
  'cors-origin': { value: 'ORIGIN,…', help: 'pages that may call from a browser; * for all (none)' },
  'metrics-listen': { value: 'HOST:PORT', help: 'where Prometheus finds /metrics (off)' },
  workers: { value: 'N', help: 'processes that answer, one for each core of this machine (1)' },
  'log-level': { value: 'LEVEL', help: 'fatal, error, warn, info, debug, trace or silent (info)' },
  'admin-api': { value: '', help: 'answer /admin/v1, for whoever has an admin token', isFlag: true },
  'user-admin-groups': { value: 'NAME,…', help: 'whose members may administer users over HTTP (off)' },
  'stats-groups': { value: 'NAME,…', help: 'whose members may read the detailed statistics (off)' },
  'components-meta': { value: 'JSON', help: 'additions to ui/get_services, by component ({})' },
  'project-admins': { value: 'UUID,…', help: 'users who decide about applications and may do what owners do (none)' },
  'project-notifications-recipients': { value: 'ADDRESS,…', help: 'who hears of applications by mail (nobody)' },
  'feedback-notifications-recipients': { value: 'ADDRESS,…', help: 'who gets feedback (the address of --mail-from)' },
  'cookie-name': { value: 'NAME', help: 'the cookie of signed-in browsers (_pithos2_a)' },
  'cookie-domain': {
    value: 'DOMAIN',
    help: 'whose services read that cookie; signing in may lead back to them (none)',
  },
  'insecure-cookies': { value: '', help: 'cookies and OAuth2 also over plain HTTP; for trying things', isFlag: true },
  'token-duration': { value: 'HOURS', help: 'how long a new token is good (720)' },
  'redirect-schemes': { value: 'SCHEME,…', help: 'of native clients that get a token by weblogin (pithos,pithosdev)' },
  'logout-next': { value: 'URL', help: 'where signing out leads (the first page)' },
  'cloud-name': { value: 'NAME', help: 'how clients call this cloud in their files (synnefo)' },
  'sign-up': { value: '', help: 'people may sign up by themselves', isFlag: true },
  'no-moderation': { value: '', help: 'who signed up and proved the address is in, without an operator', isFlag: true },
  'endpoint-cache-timeout': { value: 'SECONDS', help: 'how old the service catalog may be (5)' },
  'resource-cache-timeout': { value: 'SECONDS', help: 'how old the list of resources may be (5)' },
  'idempotency-key-life': { value: 'HOURS', help: 'how long keys of ended commissions are kept (24)' },
} as const satisfies Readonly<Record<string, Option>>

export type OptionName = keyof typeof OPTIONS

/** The environment variable of an option: `--base-url` is `ASTAKOS_BASE_URL`. */
export function variableOf(option: OptionName): string {
  return `ASTAKOS_${option.toUpperCase().replaceAll('-', '_')}`
}

type Values = Partial<Record<OptionName, string>>

/** @throws {ConfigError} */
export function readConfig(args: readonly string[], env: NodeJS.ProcessEnv = process.env): ServerConfig {
  const values = valuesOf(args, env)
  const throwAway = values['throw-away'] === 'true'
  const databaseUrl = values['database-url'] === undefined ? null : postgresUrlOf(values['database-url'])
  if (databaseUrl !== null && values['data-dir'] !== undefined)
    throw new ConfigError('--data-dir', 'is for the embedded PostgreSQL: it does not go with --database-url')
  if (throwAway && (databaseUrl !== null || values['data-dir'] !== undefined))
    throw new ConfigError('--throw-away', 'goes with neither --database-url nor --data-dir')
  const isEmbedded = databaseUrl === null && !throwAway
  const dataDir = isEmbedded ? resolve(values['data-dir'] ?? 'astakos-data') : null
  const listen = placeOf('--listen', values.listen ?? '127.0.0.1:8000')
  const baseUrl = values['base-url'] === undefined ? null : baseUrlOf(values['base-url'])
  return {
    listen,
    metricsListen:
      values['metrics-listen'] === undefined ? null : placeOf('--metrics-listen', values['metrics-listen']),
    databaseUrl,
    dataDir,
    postgresBin: values['postgres-bin'] ?? null,
    secretKeyFile: throwAway
      ? (values['secret-key-file'] ?? null)
      : secretKeyFileOf(values['secret-key-file'], dataDir),
    mailDir: values['mail-dir'] === undefined ? dataDir && join(dataDir, 'mail') : resolve(values['mail-dir']),
    smtpUrl: values['smtp-url'] === undefined ? null : smtpUrlOf(values['smtp-url']),
    mailFrom:
      values['mail-from'] === undefined
        ? null
        : addressOf('--mail-from', values['mail-from'], 'must be an address of mail'),
    check: values.check === 'true',
    adminApi: values['admin-api'] === 'true',
    workers: workersOf(values.workers ?? '1'),
    logLevel: choiceOf('--log-level', values['log-level'] ?? 'info', LOG_LEVELS),
    settings: {
      ...DEFAULT_SETTINGS,
      baseUrl,
      trustProxy: listOf(values['trust-proxy'], (network) => networkOf(network)),
      corsOrigins:
        values['cors-origin'] === undefined ? null : listOf(values['cors-origin'], (origin) => originOf(origin)),
      componentsMeta: metaOf(values['components-meta'] ?? '{}'),
      projectAdmins: listOf(values['project-admins'], (uuid) =>
        matching('--project-admins', uuid, /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i, 'must be uuids of users'),
      ),
      projectRecipients: addressesOf('--project-notifications-recipients', values['project-notifications-recipients']),
      feedbackRecipients: addressesOf(
        '--feedback-notifications-recipients',
        values['feedback-notifications-recipients'],
      ),
      userAdminGroups: listOf(values['user-admin-groups'], (name) => groupOf('--user-admin-groups', name)),
      statsGroups: listOf(values['stats-groups'], (name) => groupOf('--stats-groups', name)),
      ...cookieOf(values, baseUrl === null ? listen.host : new URL(baseUrl).hostname),
      oauth2NeedsTls: values['insecure-cookies'] !== 'true',
      tokenLifeMs: tokenLifeOf(values['token-duration'] ?? '720'),
      redirectSchemes: listOf(values['redirect-schemes'] ?? 'pithos,pithosdev', schemeOf),
      logoutNext: values['logout-next'] === undefined ? null : webUrlOf('--logout-next', values['logout-next']),
      cloudName: matching('--cloud-name', values['cloud-name'] ?? 'synnefo', /^[\w.-]+$/, 'must be letters and digits'),
      signUp: values['sign-up'] === 'true',
      isModerated: values['no-moderation'] !== 'true',
      endpointCacheMs: numberOf('--endpoint-cache-timeout', values['endpoint-cache-timeout'] ?? '5') * 1000,
      resourceCacheMs: numberOf('--resource-cache-timeout', values['resource-cache-timeout'] ?? '5') * 1000,
      keyLifeMs: keyLifeOf(values['idempotency-key-life'] ?? '24'),
    },
  }
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/** The command line goes before the environment, and that before the file. */
function valuesOf(args: readonly string[], env: NodeJS.ProcessEnv): Values {
  const options = Object.fromEntries(
    Object.entries<Option>(OPTIONS).map(([name, { isFlag }]) => [
      name,
      { type: isFlag ? 'boolean' : 'string' } as const,
    ]),
  )
  let given: Record<string, string | boolean | undefined>
  try {
    given = parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    // It would be repeated, and it may be the URL of a database, with its password.
    if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL')
      throw new ConfigError('Usage:', 'a value stands without its option')
    // This message repeats the option, never a value.
    throw new ConfigError('Usage:', message.split('. ')[0] as string)
  }
  const values: Values = {}
  const names = Object.keys(OPTIONS) as OptionName[]
  // A variable that is empty is as good as none.
  const file = given['config'] ?? (env[variableOf('config')] || undefined)
  const filed: Values = file === undefined ? {} : readConfigFile(String(file), names)
  if (filed.config !== undefined) throw new ConfigError('--config', 'stands in the file itself')
  for (const name of names) {
    if (given[name] === '') throw new ConfigError(`--${name}`, 'must not be empty')
    const value = given[name] ?? (env[variableOf(name)] || filed[name])
    if (value === undefined) continue
    values[name] =
      options[name]?.type === 'boolean'
        ? flagOf(given[name] === undefined && !env[variableOf(name)] ? `--${name}` : variableOf(name), String(value))
        : String(value)
  }
  return values
}

function flagOf(name: string, text: string): string {
  if (/^(?:true|1|yes|on)$/i.test(text)) return 'true'
  if (/^(?:false|0|no|off)$/i.test(text)) return 'false'
  throw new ConfigError(name, 'must be true or false')
}

function placeOf(option: string, text: string): Place {
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? []
  if (port === '' || Number(port) > 65_535) throw new ConfigError(option, 'must be HOST:PORT')
  return { host: bracketed ?? (plain || '0.0.0.0'), port: Number(port) }
}

function baseUrlOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !/^https?:$/.test(url.protocol)) throw new ConfigError('--base-url', 'must be an http or https URL')
  if (url.search || url.hash || url.username || url.password)
    throw new ConfigError('--base-url', 'must have no query, no fragment and no password')
  if (!/^[\w./~-]*$/.test(url.pathname)) throw new ConfigError('--base-url', 'must have a path of plain characters')
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

function webUrlOf(option: string, text: string): string {
  if (!/^https?:\/\/[\x21-\x7e]+$/.test(text) || !URL.canParse(text))
    throw new ConfigError(option, 'must be an http or https URL')
  return text
}

/** @param host of the base URL */
function cookieOf(values: Values, host: string): Pick<ServiceSettings, 'cookieName' | 'cookieDomain' | 'cookieSecure'> {
  const cookieName = values['cookie-name'] ?? DEFAULT_SETTINGS.cookieName
  const cookieDomain = values['cookie-domain'] ?? null
  const cookieSecure = values['insecure-cookies'] !== 'true'
  const wrongDomain = cookieDomain === null ? null : domainProblem(cookieDomain, host)
  if (wrongDomain !== null) throw new ConfigError('--cookie-domain', wrongDomain)
  const wrongName = nameProblem({ cookieName, cookieDomain, cookieSecure })
  if (wrongName !== null) throw new ConfigError('--cookie-name', wrongName)
  return { cookieName, cookieDomain, cookieSecure }
}

/** Those that run something where they lead are none to hand a token to. */
const DANGEROUS = /^(?:https?|javascript|data|vbscript|file|blob|about)$/

function schemeOf(text: string): string {
  const scheme = text.toLowerCase()
  if (!/^[a-z][a-z\d+.-]*$/.test(scheme) || DANGEROUS.test(scheme))
    throw new ConfigError('--redirect-schemes', 'must be schemes of native clients, such as pithos')
  return scheme
}

function tokenLifeOf(text: string): number {
  const hours = numberOf('--token-duration', text)
  if (hours <= 0 || hours > HOURS_MAX)
    throw new ConfigError('--token-duration', `must be above 0 and at most ${HOURS_MAX}`)
  return hours * 3600 * 1000
}

/** Never repeated in a message: it may hold a password. */
function postgresUrlOf(text: string): string {
  try {
    urlsOf(text)
  } catch (error) {
    throw new ConfigError('--database-url', (error as RangeError).message)
  }
  return text
}

/** Not repeated either. */
function smtpUrlOf(text: string): string {
  try {
    readSmtpUrl(text)
  } catch (error) {
    throw new ConfigError('--smtp-url', (error as RangeError).message)
  }
  return text
}

function addressesOf(option: string, text: string | undefined): string[] {
  return listOf(text, (address) => addressOf(option, address, 'must be addresses of mail'))
}

function addressOf(option: string, text: string, rule: string): string {
  if (!isAddress(text)) throw new ConfigError(option, rule)
  return text
}

function groupOf(option: string, name: string): string {
  return matching(option, name, /^.{1,80}$/su, 'must be names of groups, of at most 80 characters')
}

function originOf(text: string): string {
  if (text === '*') return text
  if (!URL.canParse(text) || new URL(text).origin !== text)
    throw new ConfigError('--cors-origin', `must be origins such as https://console.example.org, or *: ${text} is none`)
  return text
}

function networkOf(text: string): string {
  const [address = '', bits, more] = text.split('/')
  const family = isIP(address)
  const isMask = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32))
  if (family === 0 || !isMask || more !== undefined)
    throw new ConfigError('--trust-proxy', `must be addresses or networks such as 10.0.0.0/8: ${text} is none`)
  return text
}

function listOf<T>(text: string | undefined, itemOf: (text: string) => T): T[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map(itemOf)
}

function numberOf(option: string, text: string): number {
  if (!/^\d{1,9}(?:\.\d+)?$/.test(text)) throw new ConfigError(option, 'must be a number, not negative')
  return Number(text)
}

function workersOf(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new ConfigError('--workers', 'must be a number from 1 to 99')
  return Number(text)
}

/** Ten years: keys are kept in a table. */
const HOURS_MAX = 87_600

/** Idempotency contract, 8: at least a day. */
function keyLifeOf(text: string): number {
  const hours = numberOf('--idempotency-key-life', text)
  if (hours < 24) throw new ConfigError('--idempotency-key-life', 'must be at least 24')
  if (hours > HOURS_MAX) throw new ConfigError('--idempotency-key-life', `must be at most ${HOURS_MAX}`)
  return hours * 3600 * 1000
}

function choiceOf(option: string, text: string, choices: readonly string[]): string {
  if (!choices.includes(text)) throw new ConfigError(option, `must be one of ${choices.join(', ')}`)
  return text
}

function matching(option: string, text: string, pattern: RegExp, rule: string): string {
  if (!pattern.test(text)) throw new ConfigError(option, rule)
  return text
}

function metaOf(text: string): ServiceSettings['componentsMeta'] {
  const isDict = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)
  let meta: unknown
  try {
    meta = JSON.parse(text)
  } catch {
    throw new ConfigError('--components-meta', 'must be JSON')
  }
  if (!isDict(meta) || !Object.values(meta as object).every(isDict))
    throw new ConfigError('--components-meta', 'must be an object of objects, by component')
  return meta as ServiceSettings['componentsMeta']
}

/** A copy of the data without the key is worth nothing, so they are kept apart. */
function secretKeyFileOf(given: string | undefined, dataDir: string | null): string {
  const file = resolve(given ?? (dataDir === null ? 'astakos-secret.key' : `${dataDir}.secret-key`))
  if (dataDir !== null && `${file}/`.startsWith(`${dataDir}/`))
    throw new ConfigError(
      '--secret-key-file',
      'must not be in the data directory: a copy of the data would hold the key',
    )
  return file
}
