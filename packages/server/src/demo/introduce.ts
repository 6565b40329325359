import type { ServerConfig } from '../config.ts'
import type { RunningServer } from '../serve.ts'
import { ADMINISTRATOR, type SampleCloud } from './cloud.ts'
import { bold, dim, say } from './print.ts'

/** Who is there, how to sign in, and what to try. */
export function introduce({ authUrl, baseUrl, database }: RunningServer, cloud: SampleCloud, seconds: number): void {
  say(`${bold('Astakos')} is ready after ${seconds.toFixed(1)} s, on ${database}.\n`)
  say(`  auth URL   ${bold(authUrl)}`)
  for (const { name, uuid, token } of cloud.users)
    say(`  ${name.padEnd(11)}${token}  ${dim(uuid === ADMINISTRATOR ? `${uuid}, decides about projects` : uuid)}`)
  for (const { name, token } of cloud.components) say(`  ${name.padEnd(11)}${token}  ${dim('a service')}`)
  const [alice] = cloud.users
  if (!alice) return
  const account = authUrl.replace(/identity\/v2\.0$/, 'account/v1.0')
  say(`\nA first call:\n\n  curl -H 'X-Auth-Token: ${alice.token}' ${account}/quotas`)
  say(`\nSign in, with a browser:\n\n  ${bold(`${baseUrl}/ui/login`)}`)
  for (const { email, password } of cloud.users) say(`  ${email.padEnd(19)}${password}`)
}

/** @param isTemporary the folder goes with the service. */
export function tellOfMails({ smtpUrl, mailDir }: ServerConfig, isTemporary: boolean): void {
  // The URL may hold a password.
  if (smtpUrl !== null) return say('\nMails, such as that to set a new password, go to the mail server.')
  const until = isTemporary ? 'until the service stops, ' : ''
  say(`\nMails, such as that to set a new password, are files, ${until}in:\n\n  ${mailDir ?? ''}`)
}

export function tellOfApplication(authUrl: string, { application, components }: SampleCloud): void {
  const cyclades = components.find(({ name }) => name === 'cyclades')
  say(`\nAn application that signs people in by OAuth2, ${application.identifier}, with its quotas from cyclades:\n`)
  say(`  ASTAKOS_URL=${authUrl} \\`)
  say(`  ASTAKOS_SERVICE_TOKEN=${cyclades?.token ?? ''} \\`)
  say(`  OAUTH2_SECRET=${application.secret} npx tsx examples/web-login/main.ts`)
}
