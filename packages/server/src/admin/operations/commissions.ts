import { z } from 'zod'
import { Refused } from '../../projects/refused.ts'
import { anybodysCommission } from '../../quotas/commissions.ts'
import { listCommissions } from '../../quotas/list-commissions.ts'
import { resolveLost } from '../../quotas/resolve-lost.ts'
import { id, page, pageOf, text } from '../input.ts'
import { changes, reads, type Operation } from '../operation.ts'

/** Reservations that wait for their component. Source: administration specification, 1.4 and 3. */

const SECONDS = 'must be a number of seconds from 0 to 1000000000'
const serial = id.describe('of the commission')
const notPending = (of: bigint): Refused => new Refused('unknown', `There is no pending commission with serial ${of}.`)

const list = reads({
  name: 'commission-list',
  scope: 'commissions:read',
  summary: 'Lists pending commissions, the oldest first.',
  input: z.strictObject({
    component: text(255).optional().describe('of this component'),
    overdue: z
      .number({ error: SECONDS })
      .int(SECONDS)
      .min(0, SECONDS)
      .max(1e9, SECONDS)
      .optional()
      .describe('pending for longer than so many seconds'),
    ...page,
  }),
  async run({ tx }, { component = null, overdue = null, after = 0n, limit }) {
    const { items, next } = pageOf(await listCommissions(tx, { component, overdue }, after), limit)
    return { items: items.map(({ id: number, ...commission }) => ({ serial: number, ...commission })), next }
  },
})

const show = reads({
  name: 'commission-show',
  scope: 'commissions:read',
  summary: 'Shows a pending commission with its provisions.',
  input: z.strictObject({ serial }),
  async run({ tx }, { serial: of }) {
    const commission = await anybodysCommission(tx, of)
    if (commission === null) throw notPending(of)
    return commission
  },
})

const resolves = (how: 'accept' | 'reject', summary: string): Operation =>
  changes({
    name: `commission-${how}`,
    scope: 'commissions:write',
    summary,
    input: z.strictObject({ serial, reason: text(4096).describe('why, for the provision log and the audit') }),
    async run({ tx }, { serial: of, reason }) {
      const commission = await resolveLost(tx, of, how, reason)
      if (commission === null) throw notPending(of)
      const { component, name, provisions } = commission
      const state = `${how}ed`
      return {
        output: { ...commission, state, reason },
        changes: [
          {
            subject: `commission:${of}`,
            before: { component, name, state: 'pending', provisions },
            after: { component, name, state, provisions, reason },
          },
        ],
      }
    },
  })

export const commissionOperations: readonly Operation[] = [
  list,
  show,
  resolves('accept', 'Accepts a commission that its component lost.'),
  resolves('reject', 'Rejects a commission that its component lost.'),
]
