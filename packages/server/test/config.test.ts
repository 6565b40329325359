import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { OPTIONS, readConfig, variableOf, type OptionName } from '../src/config.ts'

const folder = mkdtempSync(join(tmpdir(), 'astakos-config-'))
chmodSync(folder, 0o700)
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
function file(text: string): string {
  files += 1
  const path = join(folder, `${files}.conf`)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

describe('the options of serve', () => {
  it('have defaults', () => {
    expect(readConfig([], {})).toMatchObject({
      listen: { host: '127.0.0.1', port: 8000 },
      databaseUrl: null,
      dataDir: resolve('astakos-data'),
      secretKeyFile: resolve('astakos-data.secret-key'),
      mailDir: resolve('astakos-data/mail'),
      smtpUrl: null,
      metricsListen: null,
      logLevel: 'info',
      settings: { baseUrl: null, trustProxy: [], corsOrigins: null, cookieName: '_pithos2_a', keyLifeMs: 86_400_000 },
    })
  })

  const values: Readonly<Record<OptionName, string>> = {
    config: file('log-level = debug\n'),
    check: 'true',
    listen: '[::1]:81',
    'base-url': 'https://accounts.example.org/astakos/',
    'database-url': 'postgresql://a:secret@db/x',
    'data-dir': '/srv/astakos',
    'throw-away': 'true',
    'postgres-bin': '/opt/pg/bin',
    'secret-key-file': '/etc/astakos/key',
    'mail-dir': '/var/mail/astakos',
    'smtp-url': 'smtps://astakos:s%20cret@mail.example.org',
    'mail-from': 'accounts@example.org',
    'trust-proxy': '10.0.0.0/8, ::1',
    'cors-origin': 'https://a.example.org,*',
    'metrics-listen': ':9100',
    workers: '4',
    'log-level': 'debug',
    'admin-api': 'true',
    'user-admin-groups': 'helpdesk, admin-api',
    'stats-groups': 'admin-stats',
    'components-meta': '{"pithos": {"order": 7}}',
    'project-admins': '0b0c2f5e-7d55-4d5c-8f0e-6c7a2d1b9e10, 7a3d9c1e-2b4f-4e6a-9d8c-1f0e2d3c4b5a',
    'project-notifications-recipients': 'helpdesk@example.org',
    'feedback-notifications-recipients': 'helpdesk@example.org, board@example.org',
    'cookie-name': 'token',
    'cookie-domain': 'example.org',
    'insecure-cookies': 'true',
    'token-duration': '24',
    'redirect-schemes': 'pithos',
    'logout-next': 'https://www.example.org/',
    'cloud-name': 'okeanos',
    'sign-up': 'true',
    'no-moderation': 'true',
    'endpoint-cache-timeout': '60',
    'resource-cache-timeout': '0',
    'idempotency-key-life': '48',
  }

  /** Without them the value would be refused. */
  const companions: Partial<Record<OptionName, readonly string[]>> = {
    'cookie-domain': ['--base-url', 'https://accounts.example.org/astakos'],
  }

  it.each((Object.keys(OPTIONS) as OptionName[]).filter((name) => name !== 'config'))(
    '%s may stand in a file',
    (name) => {
      const value = values[name]
      const config = file(`# for people\n\n  ${name} = ${value}\r\n`)
      const others = companions[name] ?? []
      const given = 'isFlag' in OPTIONS[name] ? [`--${name}`] : [`--${name}`, value]
      const byOption = readConfig([...others, ...given], {})
      expect(readConfig([...others, '--config', config], {})).toEqual(byOption)
      expect(readConfig(others, { ASTAKOS_CONFIG: config })).toEqual(byOption)
    },
  )

  it('the command line goes before variables, and those before the file', () => {
    const config = file('log-level = debug\ncloud-name = filed\ncookie-name = filed\n')
    const read = readConfig(['--config', config, '--log-level', 'warn'], {
      ASTAKOS_LOG_LEVEL: 'error',
      ASTAKOS_CLOUD_NAME: 'variable',
    })
    expect([read.logLevel, read.settings.cloudName, read.settings.cookieName]).toEqual(['warn', 'variable', 'filed'])
  })

  it.each([
    ['log-level', 'has a line 1 that is not "name = value"'],
    ['# a\nsecret secret', 'has a line 2 that is not "name = value"'],
    ['nonsense = 1', 'has an option in line 1 that there is not: nonsense'],
    ['sign-up = true\nsign-up = false', 'has sign-up a second time in line 2'],
    ['base-url =', 'has no value for base-url in line 1'],
    ['config = other', '--config stands in the file itself'],
    ['sign-up = maybe', '--sign-up must be true or false'],
    ['base-url = nonsense', '--base-url must be an http or https URL'],
  ])('a file with %j is refused', (text, message) => {
    const read = (): unknown => readConfig(['--config', file(text)], {})
    expect(read).toThrow(message)
    expect(read).not.toThrow('secret')
  })

  it('a file that is not there, is a folder, or that everybody may read is refused', () => {
    expect(() => readConfig(['--config', '/nowhere/astakos.conf'], {})).toThrow('/nowhere/astakos.conf is not there')
    expect(() => readConfig(['--config', folder], {})).toThrow('can not be read')
    const open = file('log-level = debug')
    chmodSync(open, 0o644)
    expect(() => readConfig(['--config', open], {})).toThrow(
      'may be read by everybody: its mode must be 0640 or stricter',
    )
  })

  for (const name of Object.keys(OPTIONS) as OptionName[]) {
    it(`--${name} is the same as ${variableOf(name)}, and goes before it`, () => {
      const isFlag = 'isFlag' in OPTIONS[name]
      const others = companions[name] ?? []
      const given = [...others, ...(isFlag ? [`--${name}`] : [`--${name}`, values[name]])]
      const plain = readConfig(others, {})
      const byOption = readConfig(given, {})
      expect(byOption).not.toEqual(plain)
      expect(readConfig(others, { [variableOf(name)]: values[name] })).toEqual(byOption)
      if (!isFlag) expect(readConfig(given, { [variableOf(name)]: 'something that is wrong' })).toEqual(byOption)
    })
  }

  const wrong: readonly (readonly [string, string, string])[] = [
    ['listen', 'localhost', '--listen must be HOST:PORT'],
    ['listen', 'localhost:99999', '--listen must be HOST:PORT'],
    ['base-url', 'accounts.example.org', '--base-url must be an http or https URL'],
    ['base-url', 'ftp://a', '--base-url must be an http or https URL'],
    ['base-url', 'https://a/?b', '--base-url must have no query, no fragment and no password'],
    ['base-url', 'https://u:p@a/', '--base-url must have no query, no fragment and no password'],
    ['base-url', 'https://a/%20', '--base-url must have a path of plain characters'],
    ['database-url', 'mysql://u:secret@h/d', '--database-url must be a postgresql:// URL'],
    ['database-url', 'postgresql://u:secret@a,/d', '--database-url names a host that is empty'],
    ['workers', '0', '--workers must be a number from 1 to 99'],
    ['workers', '1.5', '--workers must be a number from 1 to 99'],
    [
      'trust-proxy',
      'proxy.example.org',
      '--trust-proxy must be addresses or networks such as 10.0.0.0/8: proxy.example.org is none',
    ],
    [
      'trust-proxy',
      '10.0.0.0/33',
      '--trust-proxy must be addresses or networks such as 10.0.0.0/8: 10.0.0.0/33 is none',
    ],
    [
      'cors-origin',
      'https://a.example.org/x',
      '--cors-origin must be origins such as https://console.example.org, or *: https://a.example.org/x is none',
    ],
    ['log-level', 'loud', '--log-level must be one of fatal, error, warn, info, debug, trace, silent'],
    ['components-meta', '{', '--components-meta must be JSON'],
    ['components-meta', '{"a": 1}', '--components-meta must be an object of objects, by component'],
    ['cookie-name', 'a b', '--cookie-name is no name of a cookie'],
    ['endpoint-cache-timeout', '-1', '--endpoint-cache-timeout must be a number, not negative'],
    ['idempotency-key-life', '1', '--idempotency-key-life must be at least 24'],
    ['idempotency-key-life', '999999999', '--idempotency-key-life must be at most 87600'],
    ['cookie-domain', 'org', '--cookie-domain must be a domain such as example.org'],
    ['cookie-domain', '127.0.0.1', '--cookie-domain must be a domain such as example.org'],
    ['cookie-domain', '.10.0.0.1', '--cookie-domain must be a domain such as example.org'],
    ['cookie-domain', 'example.org', '--cookie-domain must hold the host of --base-url'],
    ['cookie-name', 'sessionid', '--cookie-name must not be sessionid or csrftoken or cookiemended'],
    ['cookie-name', 'csrftoken', '--cookie-name must not be sessionid or csrftoken or cookiemended'],
    ['cookie-name', 'cookiemended', '--cookie-name must not be'],
    ['cookie-name', '__Http-x', '--cookie-name must not begin with __Http-'],
    ['cookie-name', '__Host-Http-x', '--cookie-name must not begin with __Http-'],
    ['token-duration', '0', '--token-duration must be above 0 and at most 87600'],
    ['redirect-schemes', 'javascript', '--redirect-schemes must be schemes of native clients, such as pithos'],
    ['redirect-schemes', 'https', '--redirect-schemes must be schemes of native clients, such as pithos'],
    ['logout-next', 'javascript:alert(1)', '--logout-next must be an http or https URL'],
    ['cloud-name', 'a]b', '--cloud-name must be letters and digits'],
    ['project-admins', 'alice', '--project-admins must be uuids of users'],
    ['project-notifications-recipients', 'helpdesk', '--project-notifications-recipients must be addresses of mail'],
    ['feedback-notifications-recipients', 'a@b, c', '--feedback-notifications-recipients must be addresses of mail'],
    ['mail-from', 'Astakos <a@example.org>', '--mail-from must be an address of mail'],
    ['mail-from', 'a@b\nBcc: c@d', '--mail-from must be an address of mail'],
    ['smtp-url', 'mail.example.org', '--smtp-url must be an smtp:// or smtps:// URL'],
    ['smtp-url', 'http://u:secret@h', '--smtp-url must be an smtp:// or smtps:// URL'],
    ['smtp-url', 'smtp://u:se/cret@h', '--smtp-url must be an smtp:// or smtps:// URL'],
    ['smtp-url', 'smtp://u:1/secret@h', '--smtp-url must have no path, no query and no fragment'],
    ['smtp-url', 'smtp://h/?logger=true', '--smtp-url must have no path, no query and no fragment'],
    ['smtp-url', 'smtp://u:secret%@h', '--smtp-url must have its user and password percent-encoded'],
    ['smtp-url', 'smtp://u@h', '--smtp-url must have both a user and a password, or neither'],
  ]
  for (const [name, value, message] of wrong) {
    it(`--${name} ${value} is refused`, () => {
      expect(() => readConfig([`--${name}=${value}`], {})).toThrow(message)
    })
  }

  it.each(['1', 'yes', 'ON', 'true'])('ASTAKOS_THROW_AWAY=%s is a flag that is set', (value) => {
    expect(readConfig([], { ASTAKOS_THROW_AWAY: value }).dataDir).toBeNull()
  })

  it('a flag that is neither set nor not is refused', () => {
    expect(readConfig([], { ASTAKOS_THROW_AWAY: 'no' }).dataDir).not.toBeNull()
    expect(() => readConfig([], { ASTAKOS_THROW_AWAY: 'maybe' })).toThrow('ASTAKOS_THROW_AWAY must be true or false')
  })

  it('--database-url may name a socket instead of a host', () => {
    const url = 'postgresql://astakos@/astakos?host=/run/postgresql'
    expect(readConfig(['--database-url', url], {}).databaseUrl).toBe(url)
  })

  it('that do not go together are refused', () => {
    const url = 'postgresql://db/x'
    expect(() => readConfig(['--database-url', url, '--data-dir', 'd'], {})).toThrow('--data-dir is for the embedded')
    expect(() => readConfig(['--throw-away', '--data-dir', 'd'], {})).toThrow('--throw-away goes with neither')
    expect(() => readConfig(['--data-dir', 'd', '--secret-key-file', 'd/key'], {})).toThrow(
      '--secret-key-file must not be in the data directory',
    )
  })

  it.each([
    ['https://accounts.example.org/astakos', 'example.org', null],
    ['https://accounts.example.org/astakos', '.Example.org', null],
    ['https://example.org', 'example.org', null],
    ['https://accounts.example.com/astakos', 'example.org', 'accounts.example.com is not within example.org'],
    ['https://notexample.org', 'example.org', 'notexample.org is not within example.org'],
    ['https://example.org', 'accounts.example.org', 'example.org is not within accounts.example.org'],
    ['https://10.0.0.1', '0.0.1', '--cookie-domain must be a domain such as example.org'],
  ])('of a service at %s with cookies for %s: %j is wrong', (base, domain, message) => {
    const read = (): string | null =>
      readConfig(['--base-url', base, '--cookie-domain', domain], {}).settings.cookieDomain
    if (message === null) expect(read()).toBe(domain)
    else expect(read).toThrow(message)
  })

  it.each([
    ['__Host-x', ['--base-url=https://a.example.org', '--cookie-domain=example.org'], '--cookie-domain'],
    ['__host-x', ['--insecure-cookies'], '--insecure-cookies'],
    ['__Secure-x', ['--insecure-cookies'], '--insecure-cookies'],
  ])('a cookie %s that browsers would refuse with %j is', (name, others, word) => {
    const given = [`--cookie-name=${name}`]
    expect(readConfig(given, {}).settings.cookieName).toBe(name)
    expect(() => readConfig([...given, ...others], {})).toThrow(/^--cookie-name must not begin with/)
    expect(() => readConfig([...given, ...others], {})).toThrow(word)
  })

  it('that nobody knows are refused, without their values', () => {
    expect(() => readConfig(['--pasword=secret'], {})).toThrow("Unknown option '--pasword'")
    expect(() => readConfig(['--pasword=secret'], {})).not.toThrow('secret')
  })
})
