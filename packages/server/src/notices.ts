import type { Whereabouts } from './db/connect.ts'
import { Listener } from './db/listener.ts'
import type { Service } from './service.ts'

/** The channel of migration 7: each message is the name of a table that has changed. */
const CHANNEL = 'astakos'

/**
 * What this process keeps in memory is forgotten when any process has changed it. Tokens are not kept: each request reads
 * its caller.
 */
export function listenForChanges(where: Whereabouts, { catalog, resources }: Service): Listener {
  return new Listener(where, CHANNEL, (table) => {
    if (table === null || table === 'resources') resources.forget()
    if (table === null || table !== 'resources') catalog.forget()
  })
}
