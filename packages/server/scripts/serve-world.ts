/**
 * Serves a recorded world for replayers: `--world FILE`, `--database-url URL` (else an embedded PostgreSQL). Prints a
 * line of JSON that tells where and who, then does what each line of its standard input says, and answers with a line.
 */
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { parseExact, stringifyExact } from 'astakosclient/wire'
import { startEmbedded } from '../src/db/embedded/index.ts'
import { migrate } from '../src/db/migrate.ts'
import { noMail, type Mailer } from '../src/mail/mail.ts'
import { activateUser, deactivateUser } from '../src/operations/activation.ts'
import { modifyProjectLimit } from '../src/operations/projects.ts'
import { modifyResource } from '../src/operations/resources.ts'
import { renewToken } from '../src/operations/users.ts'
import { startWorldService } from './world-service.ts'
import type { World } from './world.ts'

const { values } = parseArgs({ options: { world: { type: 'string' }, 'database-url': { type: 'string' } } })
const file = values.world ?? new URL('../../../fixtures/golden/world.json', import.meta.url)
const world = parseExact(readFileSync(file, 'utf8')) as World
const embedded = values['database-url'] === undefined ? await startEmbedded({ dataDir: null }) : null
const connection = embedded ? embedded.connection : { connectionString: values['database-url'] as string }
await migrate(connection)

/** Accepted and thrown away, until a scenario wants it to fail. */
const acceptAll: Mailer = { send: () => Promise.resolve() }
let mail = acceptAll
const served = await startWorldService(connection, {
  mailer: { send: (letter) => mail.send(letter) },
  settings: { statsGroups: [world.settings.user_admin_api.group_when_enabled] },
})

async function reset(): Promise<object> {
  mail = acceptAll
  const bindings = await served.load(world)
  return { origin: served.origin, base_path: served.basePath, bindings }
}

interface Operator {
  readonly action: string
  readonly uuid: string
  readonly reason: string
  readonly name: string
  readonly uplimit?: number | bigint
  readonly project_default?: number | bigint
  readonly api_visible?: boolean
  readonly ui_visible?: boolean
  readonly project: string
  readonly resource: string
  readonly project_capacity?: number | bigint
  readonly member_capacity?: number | bigint
}

const big = (value: number | bigint | undefined): bigint | undefined =>
  value === undefined ? undefined : BigInt(value)

async function operate(order: Operator): Promise<void> {
  await served.service.database.transaction(async (tx) => {
    switch (order.action) {
      case 'deactivate_user':
        return deactivateUser(tx, order.uuid, order.reason)
      case 'activate_user':
        return activateUser(tx, order.uuid)
      case 'renew_token':
        await renewToken(tx, served.secretKey, order.uuid, new Date(Date.now() + 30 * 24 * 3600 * 1000))
        return undefined
      case 'modify_resource':
        return modifyResource(tx, order.name, {
          systemDefault: big(order.uplimit),
          projectDefault: big(order.project_default),
          apiVisible: order.api_visible,
          uiVisible: order.ui_visible,
        })
      case 'modify_project_limit':
        return modifyProjectLimit(tx, order.project, order.resource, {
          projectCapacity: big(order.project_capacity),
          memberCapacity: big(order.member_capacity),
        })
      default:
        throw new RangeError(`There is no operator action ${order.action}`)
    }
  })
  served.forget()
}

async function obey(line: string): Promise<object> {
  const order = parseExact(line) as { reset?: true; requires?: string; operator?: Operator }
  if (order.reset) return reset()
  if (order.requires === 'mail-unreachable') {
    mail = noMail
    return { ok: true }
  }
  if (order.requires === 'user-admin-api') {
    served.allowUserAdmin([world.settings.user_admin_api.group_when_enabled])
    return { ok: true }
  }
  if (order.operator) {
    await operate(order.operator)
    return { ok: true }
  }
  throw new RangeError('It is none of reset, requires and operator')
}

function say(answer: object): void {
  process.stdout.write(`${stringifyExact(answer)}\n`)
}

say(await reset())
for await (const line of createInterface(process.stdin)) {
  say(await obey(line).catch((error: unknown) => ({ error: error instanceof Error ? error.message : String(error) })))
}
await served[Symbol.asyncDispose]()
await embedded?.stop()
