import { readFileSync } from 'node:fs'
import { parseExact } from 'astakosclient/wire'
import type { Browser } from 'playwright-core'
import type { ConnectionSettings } from '../../packages/server/src/db/connect.ts'
import { startEmbedded } from '../../packages/server/src/db/embedded/index.ts'
import { migrate } from '../../packages/server/src/db/migrate.ts'
import { addClient } from '../../packages/server/src/oauth2/clients.ts'
import type { ServiceSettings } from '../../packages/server/src/settings.ts'
import type { World } from '../../packages/server/scripts/world.ts'
import { startWorldService, type WorldService } from '../../packages/server/scripts/world-service.ts'
import { launchChromium } from '../runtimes/chromium.ts'
import { installRuntimes } from '../runtimes/install.ts'
import { HOUSE, PHOTOS, startApplication, type Application } from './application.ts'
import { Mailbox } from './mailbox.ts'

/** A service on a database, its mails, an application that it knows, and a browser. */
export interface Stage extends AsyncDisposable {
  readonly service: WorldService
  readonly base: string
  readonly mailbox: Mailbox
  readonly application: Application
  readonly chromium: Browser
  /** Everything as at first. @returns what the placeholders of the world stand for. */
  reset(): Promise<Readonly<Record<string, string>>>
  /** Another service on the same database. */
  startOther(settings: Partial<ServiceSettings>): Promise<WorldService>
}

/** Its cookies are `Secure`: browsers take a loopback address for a secure one. */
const SETTINGS: Partial<ServiceSettings> = { signUp: true, isModerated: false, oauth2NeedsTls: false }

const WORLD = parseExact(readFileSync(new URL('../../fixtures/golden/world.json', import.meta.url), 'utf8')) as World

export async function openStage(): Promise<Stage> {
  await installRuntimes()
  const closers: (() => Promise<unknown>)[] = []
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0, Infinity).toReversed()) await closer()
  }
  const held = <Thing extends AsyncDisposable>(thing: Thing): Thing => {
    closers.push(async () => thing[Symbol.asyncDispose]())
    return thing
  }
  try {
    const postgres = await startEmbedded({ dataDir: null })
    closers.push(() => postgres.stop())
    await migrate(postgres.connection)
    const mailbox = held(await Mailbox.open())
    const service = held(await startWorldService(postgres.connection, { settings: SETTINGS, mailer: mailbox.mailer }))
    const application = held(await startApplication(service.origin + service.basePath))
    const chromium = await launchChromium()
    closers.push(() => chromium.close())
    return stageOf({ connection: postgres.connection, mailbox, service, application, chromium, close })
  } catch (error) {
    await close()
    throw error
  }
}

interface Parts extends Pick<Stage, 'mailbox' | 'service' | 'application' | 'chromium'> {
  readonly connection: ConnectionSettings
  close(): Promise<void>
}

function stageOf({ connection, close, ...parts }: Parts): Stage {
  const { mailbox, service, application } = parts
  return {
    ...parts,
    base: service.origin + service.basePath,
    async reset() {
      const names = await service.load(WORLD)
      await mailbox.empty()
      const common = { isConfidential: true, redirectUris: [application.callback] }
      await service.service.database.transaction(async (tx) => {
        for (const client of [PHOTOS, HOUSE])
          await addClient(tx, service.secretKey, { ...client, ...common, isTrusted: client === HOUSE })
      })
      return names
    },
    startOther: (settings) =>
      startWorldService(connection, { settings: { ...SETTINGS, ...settings }, mailer: mailbox.mailer }),
    [Symbol.asyncDispose]: close,
  }
}
