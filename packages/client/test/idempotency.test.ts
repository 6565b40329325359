import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AstakosClient } from '../src/client.ts'
import {
  AstakosClientException,
  BadValue,
  ConnectionError,
  InvalidResponse,
  KeyReused,
  NoHolding,
  NotFound,
  NotSupported,
  QuotaLimit,
  Timeout,
  Unauthorized,
} from '../src/errors.ts'
import type { IssueOptions } from '../src/operations/commissions.ts'
import { IdempotentService, type Loss } from './support/idempotent-service.ts'
import { clientOf, failure, nodeTransports, transports } from './support/transports.ts'

/** The client's side of the idempotency contract, line by line. */

let service: IdempotentService
const clients: AstakosClient[] = []
beforeEach(async () => {
  service = await new IdempotentService().listen()
})
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
  await service.close()
})

const ORIGINAL = null

function issue(client: AstakosClient, options: IssueOptions = {}): Promise<number> {
  return client.issueOneCommission('u', 'p', { 'cyclades.vm': 1n }, options)
}

/** Loses what comes first, in order. */
function losing(...losses: Loss[]): (nth: number) => Loss {
  return (nth) => losses[nth - 1] ?? null
}

for (const transport of transports) {
  const open = (more: object = {}): AstakosClient => {
    const client = clientOf(service, transport, { retry: 4, retryDelayMsMax: 1, ...more })
    clients.push(client)
    return client
  }

  describe(`1. who has it, over ${transport.name}`, () => {
    it('is what the header of the answers to discovery says', async () => {
      service.features = ' idempotent-commissions ,resolved-commissions,, something-new '
      expect(await open().features()).toEqual(
        new Set(['idempotent-commissions', 'resolved-commissions', 'something-new']),
      )
      expect(service.discoveries).toBe(1)
    })

    it('without the header is nothing, and nothing of ours is sent', async () => {
      service.features = ORIGINAL
      const client = open()
      expect(await client.features()).toEqual(new Set())
      const serial = await issue(client)
      await client.getCommissionInfo(serial, { resolved: true })
      await client.acceptCommission(serial)
      expect(service.received.map(({ method, path, key }) => [method, path, key])).toEqual([
        ['POST', '/commissions', null],
        ['GET', `/commissions/${serial}`, null],
        ['POST', `/commissions/${serial}/action`, null],
      ])
      expect(Object.keys(JSON.parse(service.received[0]?.body ?? '') as object)).toEqual([
        'force',
        'auto_accept',
        'name',
        'provisions',
      ])
    })

    it('is asked anew with each authenticate and getEndpoints', async () => {
      const client = open()
      service.features = ORIGINAL
      expect((await client.features()).size).toBe(0)
      service.features = 'idempotent-commissions'
      expect((await client.features()).size).toBe(0)
      await client.authenticate()
      expect(await client.features()).toEqual(new Set(['idempotent-commissions']))
      service.features = ''
      await client.getEndpoints()
      expect((await client.features()).size).toBe(0)
    })

    it('ends with an answer that does not repeat the key: the call succeeds, and later ones have no key', async () => {
      const client = open()
      service.knowsKeys = false
      expect(await issue(client)).toBe(1)
      expect(await client.features()).toEqual(new Set(['resolved-commissions', 'commission-leases']))
      expect(await issue(client)).toBe(2)
      expect(service.received.map(({ key }) => key !== null)).toEqual([true, false])
      expect(await failure(issue(client, { idempotencyKey: 'k' }))).toBeInstanceOf(NotSupported)
      service.knowsKeys = true
      await client.getEndpoints()
      await issue(client)
      expect(service.received.at(-1)?.key).not.toBeNull()
    })

    it('does not repeat a call after a broken answer without the key', async () => {
      const client = open()
      service.instead = () => ({ status: 201, body: '{"seri' })
      const error = await failure(issue(client))
      expect(error).toBeInstanceOf(InvalidResponse)
      expect(error).toMatchObject({ attempts: 1, outcome: 'unknown' })
      expect(service.received).toHaveLength(1)
      expect((await client.features()).has('idempotent-commissions')).toBe(false)
    })

    it('does not need the key repeated by answers that decide nothing', async () => {
      const client = open()
      service.instead = (nth) => (nth <= 2 ? { status: 503 } : null)
      expect(await issue(client)).toBe(1)
      expect((await client.features()).has('idempotent-commissions')).toBe(true)
    })
  })

  describe(`2. the key, over ${transport.name}`, () => {
    it('is 128 random bits, another one for each call', async () => {
      const client = open()
      for (let call = 0; call < 20; call += 1) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await issue(client)
      }
      const keys = service.received.map(({ key }) => key)
      expect(new Set(keys).size).toBe(20)
      for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/)
    })

    it('is sent by all three ways to issue, and by no other call', async () => {
      const client = open()
      const [one] = [await client.issueOneCommission('u', [{ project: 'p', resource: 'r', quantity: 1 }])]
      await client.issueCommissionGeneric([], [{ project: 'p', resource: 'r', quantity: 1 }])
      await client.issueResourceReassignment('u', [{ from: 'p', to: 'q', resource: 'r', quantity: 1 }])
      await client.getPendingCommissions()
      await client.acceptCommission(one)
      await client.resolveCommissions([2], [])
      expect(service.received.map(({ key }) => key !== null)).toEqual([true, true, true, false, false, false])
    })

    it('and the body are the same in all attempts', async () => {
      const client = open()
      service.lose = losing('request', 'answer', 'half', 'late')
      expect(await issue(client, { name: 'ά', autoAccept: true })).toBe(1)
      expect(service.received).toHaveLength(5)
      expect(new Set(service.received.map(({ key, body }) => `${key} ${body}`)).size).toBe(1)
      expect(service.commissions.size).toBe(1)
    })

    it("may be the caller's own", async () => {
      const client = open()
      const key = `!${'~'.repeat(254)}`
      service.lose = losing('answer')
      expect(await issue(client, { idempotencyKey: key })).toBe(1)
      expect(await issue(client, { idempotencyKey: key })).toBe(1)
      expect(service.received.map((request) => request.key)).toEqual([key, key, key])
    })

    it('of a wrong form is refused, and nothing is sent', async () => {
      const client = open()
      for (const idempotencyKey of ['', 'a b', 'a\n', 'ά', 'x'.repeat(256), 7, null] as string[]) {
        // oxlint-disable-next-line no-await-in-loop -- few
        expect(await failure(issue(client, { idempotencyKey }))).toMatchObject({ argument: 'idempotencyKey' })
      }
      for (const leaseSeconds of [0, -1, 1.5, Number.NaN, '1'] as number[]) {
        // oxlint-disable-next-line no-await-in-loop
        expect(await failure(issue(client, { leaseSeconds }))).toBeInstanceOf(BadValue)
      }
      expect(service.discoveries).toBe(0)
    })

    it('or a lease where there is no such thing is NotSupported, and nothing is sent', async () => {
      service.features = ORIGINAL
      const client = open()
      expect(await failure(issue(client, { idempotencyKey: 'k' }))).toMatchObject({
        name: 'NotSupported',
        feature: 'idempotent-commissions',
        outcome: 'none',
      })
      service.features = 'idempotent-commissions'
      await client.getEndpoints()
      expect(await failure(issue(client, { leaseSeconds: 5 }))).toMatchObject({
        name: 'NotSupported',
        feature: 'commission-leases',
      })
      expect(service.received).toEqual([])
      service.features = 'commission-leases'
      await client.getEndpoints()
      await issue(client, { leaseSeconds: 5 })
      expect(service.received[0]?.key).toBeNull()
      expect(JSON.parse(service.received[0]?.body ?? '')).toMatchObject({ lease_seconds: 5 })
    })
  })

  describe(`4 to 7. decisions, over ${transport.name}`, () => {
    it('that are repeated are taken like the first', async () => {
      const client = open()
      const serial = await issue(client, { idempotencyKey: 'k' })
      await client.acceptCommission(serial)
      expect(await issue(client, { idempotencyKey: 'k' })).toBe(serial)
      expect(service.commissions.size).toBe(1)
    })

    it('for another request are KeyReused, at once', async () => {
      const client = open()
      await issue(client, { idempotencyKey: 'k' })
      const error = await failure(issue(client, { idempotencyKey: 'k', name: 'another' }))
      expect(error).toBeInstanceOf(KeyReused)
      expect(error).toMatchObject({
        status: 422,
        attempts: 1,
        outcome: 'none',
        idempotencyKey: 'k',
        retryable: false,
        fault: { name: 'unprocessableEntity', message: 'Idempotency-Key was used for another request' },
      })
    })

    it('that refuse are told like any refusal: nothing was done, also when answers were lost before', async () => {
      service.capacity = 0
      const client = open()
      service.lose = losing('answer', 'half')
      const error = await failure(issue(client))
      expect(error).toBeInstanceOf(QuotaLimit)
      expect(error).toMatchObject({ status: 413, attempts: 3, outcome: 'none', retryable: false })
      expect((error as QuotaLimit).idempotencyKey).toBe(service.received[0]?.key)

      service.lose = losing(null, null, null, 'answer')
      service.instead = (nth) =>
        nth > 3 ? { status: 404, body: NO_HOLDING, headers: { 'idempotency-key': 'k' } } : null
      expect(await failure(issue(client, { idempotencyKey: 'k' }))).toBeInstanceOf(NoHolding)
      expect(await failure(issue(client, { idempotencyKey: 'k' }))).toMatchObject({ attempts: 1, outcome: 'none' })
    })

    it('are not what a 401 after a lost answer says', async () => {
      const client = open()
      service.lose = losing('answer')
      service.instead = (nth) => (nth === 2 ? { status: 401 } : null)
      const error = await failure(issue(client))
      expect(error).toBeInstanceOf(Unauthorized)
      expect(error).toMatchObject({ attempts: 2, outcome: 'unknown' })
      expect(service.commissions.size).toBe(1)
    })

    it('other than 429, 500, 502, 503 and 504 are never asked for again', async () => {
      for (const status of [400, 401, 403, 404, 405, 409, 413, 422, 501, 505]) {
        const before = service.received.length
        service.instead = () => ({ status })
        // oxlint-disable-next-line no-await-in-loop -- few
        expect(await failure(issue(open()))).toMatchObject({ status, attempts: 1 })
        expect(service.received.length - before).toBe(1)
      }
    })
  })

  describe(`11 and 12. what the caller can do, over ${transport.name}`, () => {
    it('is to call again with the key of the error, when the time was over first', async () => {
      const client = open({ attemptTimeoutMs: 30, timeoutMs: 150 })
      await client.features()
      service.lose = () => 'late'
      const error = await failure(issue(client))
      expect(error).toBeInstanceOf(ConnectionError)
      expect(error).toMatchObject({ outcome: 'unknown', method: 'POST', path: '/commissions' })
      const { idempotencyKey, retryable, attempts } = error as AstakosClientException
      expect(idempotencyKey).toMatch(/^[0-9a-f]{32}$/)
      expect(attempts).toBeGreaterThan(1)
      expect(retryable).toBe(false) // as it is, it would have another key
      service.lose = () => null
      const serial = await issue(open(), { idempotencyKey: idempotencyKey ?? '' })
      expect(service.pending).toEqual([serial])
    })

    it('is to make the same call again, when the key was their own', async () => {
      const client = open({ retry: 0 })
      service.lose = () => 'answer'
      const error = await failure(issue(client, { idempotencyKey: 'mine' }))
      expect(error).toMatchObject({ outcome: 'unknown', idempotencyKey: 'mine', retryable: true })
      service.lose = () => null
      expect(await issue(client, { idempotencyKey: 'mine' })).toBe(1)
    })

    it('is nothing where nothing was sent', async () => {
      const client = open({ retry: 1 })
      await client.features()
      await service.close()
      // A connection that was kept may have been used for it before the end was seen.
      const errors = [await failure(issue(client)), await failure(issue(client))]
      expect(errors[1]).toMatchObject({ name: 'ConnectionError', outcome: 'none', retryable: true })
      service = await new IdempotentService().listen()
    })

    it('is the old way without the feature: the error, and a look at what is pending', async () => {
      service.features = ORIGINAL
      const client = open()
      service.lose = losing('answer')
      const error = await failure(issue(client))
      expect(error).toMatchObject({
        name: 'ConnectionError',
        outcome: 'unknown',
        idempotencyKey: null,
        retryable: false,
      })
      expect(service.received).toHaveLength(1)
      expect(await client.getPendingCommissions()).toEqual([1])
    })

    it('is to try again with the same key after a time-out of the attempt', async () => {
      const client = open({ attemptTimeoutMs: 40, retry: 0 })
      await client.features()
      let first = true
      service.instead = () => {
        if (!first) return null
        first = false
        return { status: 201, body: '', headers: { 'content-length': '20' } } // never ends
      }
      const error = await failure(issue(client, { idempotencyKey: 'k' }))
      expect(error).toBeInstanceOf(Timeout)
      expect(error).toMatchObject({ phase: 'attempt', outcome: 'unknown', idempotencyKey: 'k' })
      expect(await issue(open(), { idempotencyKey: 'k' })).toBe(1)
    })
  })

  describe(`13. accept and reject, over ${transport.name}`, () => {
    for (const action of ['accept', 'reject'] as const) {
      const state = `${action}ed`

      it(`${action}: a 404 after a lost answer is success when it ended so`, async () => {
        const client = open()
        const serial = await issue(client)
        service.lose = losing(null, 'answer')
        await client.commissionAction(serial, action)
        expect(service.commissions.get(serial)?.state).toBe(state)
        expect(service.received.slice(1).map(({ method, path }) => `${method} ${path}`)).toEqual([
          `POST /commissions/${serial}/action`,
          `POST /commissions/${serial}/action`,
          `GET /commissions/${serial}?resolved=true`,
        ])
      })

      it(`${action}: a 404 after a lost request is NotFound when somebody did the opposite`, async () => {
        const client = open()
        const serial = await issue(client)
        service.lose = (nth) => {
          if (nth !== 2) return null
          const commission = service.commissions.get(serial)
          if (commission) commission.state = action === 'accept' ? 'rejected' : 'accepted'
          return 'request'
        }
        const error = await failure(
          action === 'accept' ? client.acceptCommission(serial) : client.rejectCommission(serial),
        )
        expect(error).toBeInstanceOf(NotFound)
        expect(error).toMatchObject({ outcome: 'none', status: 404, attempts: 2 })
      })

      it(`${action}: a 404 after a lost answer is NotFound of unknown outcome when nobody can tell`, async () => {
        for (const knows of [false, true]) {
          service.features = knows ? 'resolved-commissions' : ORIGINAL
          service.instead = () => null
          const client = open()
          // oxlint-disable-next-line no-await-in-loop -- two
          const serial = await issue(client)
          const before = service.received.length
          service.lose = (nth) => (nth === before + 1 ? 'answer' : null)
          service.instead = (nth) => (nth === before + 3 ? { status: 404 } : null) // forgotten
          // oxlint-disable-next-line no-await-in-loop
          const error = await failure(client.commissionAction(serial, action))
          expect(error).toBeInstanceOf(NotFound)
          expect(error).toMatchObject({ outcome: 'unknown', status: 404 })
          expect(service.received.length - before).toBe(knows ? 3 : 2)
        }
      })
    }

    it('ask nothing after a 404 of the first attempt', async () => {
      const client = open()
      const error = await failure(client.acceptCommission(99))
      expect(error).toMatchObject({ name: 'NotFound', outcome: 'none', attempts: 1 })
      expect(service.received).toHaveLength(1)
    })

    it('that fail otherwise after a lost answer say that the outcome is unknown', async () => {
      const client = open()
      const serial = await issue(client)
      service.lose = losing(null, 'answer')
      service.instead = (nth) => (nth === 3 ? { status: 403 } : null)
      expect(await failure(client.acceptCommission(serial))).toMatchObject({ name: 'Forbidden', outcome: 'unknown' })
    })

    it('of many: those that are not found after a lost answer are looked at one by one', async () => {
      const client = open()
      const serials: number[] = []
      for (let call = 0; call < 5; call += 1) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        serials.push(await issue(client))
      }
      const [a = 0, b = 0, c = 0, d = 0, e = 0] = serials
      await client.rejectCommission(e)
      const before = service.received.length
      service.lose = (nth) => (nth === before + 1 ? 'answer' : null)
      const resolution = await client.resolveCommissions([a, b, e, 99], [c, d])
      expect(resolution.accepted).toEqual([a, b])
      expect(resolution.rejected).toEqual([c, d])
      expect(resolution.failed.map(([serial]) => serial)).toEqual([e, 99])
    })

    it('of many: what fails without a lost answer is told as it is', async () => {
      const client = open()
      const serial = await issue(client)
      await client.acceptCommission(serial)
      const before = service.received.length
      const { accepted, failed } = await client.resolveCommissions([serial], [])
      expect(accepted).toEqual([])
      expect(failed.map(([number]) => number)).toEqual([serial])
      expect(service.received.length - before).toBe(1)
    })

    it('of many: the original can not be asked', async () => {
      service.features = ORIGINAL
      const client = open()
      const serial = await issue(client)
      service.lose = losing(null, 'answer')
      const { accepted, failed } = await client.resolveCommissions([serial], [])
      expect(accepted).toEqual([])
      expect(failed).toHaveLength(1)
    })

    it('of many: an answer that is none of ours is passed on, not tripped over', async () => {
      const client = open()
      await client.features()
      for (const body of [
        '{"failed":[[1,{"itemNotFound":{"code":404}}]]}',
        '{"accepted":[],"rejected":[],"failed":[1,null,[],[1],[1,null],["x",{"itemNotFound":{}}]]}',
        '{"accepted":{},"failed":{}}',
        '{}',
      ]) {
        const before = service.received.length
        service.lose = (nth) => (nth === before + 1 ? 'answer' : null)
        service.instead = (nth) =>
          nth <= before + 2 ? { status: 200, body } : { status: 200, body: '{"state":"accepted"}' }
        // oxlint-disable-next-line no-await-in-loop -- few
        expect(await client.resolveCommissions([1], [2])).toMatchObject({})
      }
    })
  })

  describe(`9. how it ended, over ${transport.name}`, () => {
    it('is asked for where the service keeps it, and only on request', async () => {
      const client = open()
      const serial = await issue(client)
      await client.acceptCommission(serial)
      expect(await client.getCommissionInfo(serial, { resolved: true })).toMatchObject({ serial, state: 'accepted' })
      expect(await failure(client.getCommissionInfo(serial))).toBeInstanceOf(NotFound)
      expect(await failure(client.getCommissionInfo(serial, { resolved: false }))).toBeInstanceOf(NotFound)
      service.features = ORIGINAL
      await client.getEndpoints()
      expect(await failure(client.getCommissionInfo(serial, { resolved: true }))).toBeInstanceOf(NotFound)
      expect(service.received.slice(2).map(({ path }) => path.includes('?'))).toEqual([true, false, false, false])
    })
  })
}

const NO_HOLDING = JSON.stringify({
  itemNotFound: {
    code: 404,
    message: 'x',
    details: '',
    data: { name: 'NoHoldingError', provision: { holder: 'user:u', source: 'project:p', resource: 'r', quantity: 1 } },
  },
})

for (const transport of nodeTransports) {
  const total = transport.options.usePool ? 2000 : 500
  describe(`${total} issues of which 30 % are lost, over ${transport.name}`, () => {
    it('reserve as many times as they are acknowledged', async () => {
      const losses: Loss[] = ['request', 'answer', 'half', 'late']
      service.lose = () => (Math.random() < 0.3 ? (losses[Math.floor(Math.random() * losses.length)] ?? null) : null)
      service.instead = () => (Math.random() < 0.02 ? { status: 503 } : null)
      const client = clientOf(service, transport, { retry: 3, retryDelayMsMax: 1, poolSize: 8 })
      clients.push(client)
      const acknowledged: number[] = []
      let again = 0
      /** As a caller would: while the outcome is unknown, with the key of the error. */
      const issueSurely = async (name: string): Promise<void> => {
        let options: IssueOptions = { name }
        for (;;) {
          try {
            // oxlint-disable-next-line no-await-in-loop -- that is what repeating is
            acknowledged.push(await issue(client, options))
            return
          } catch (error) {
            if (!(error instanceof AstakosClientException) || error.outcome === 'none' || !error.idempotencyKey)
              throw error
            again += 1
            options = { name, idempotencyKey: error.idempotencyKey }
          }
        }
      }
      let next = 0
      const worker = async (): Promise<void> => {
        while (next < total) {
          next += 1
          // oxlint-disable-next-line no-await-in-loop -- each worker makes one call at a time
          await issueSurely(`n${next}`)
        }
      }
      await Promise.all(Array.from({ length: 16 }, worker))
      await new Promise((resolve) => setTimeout(resolve, 40)) // copies that are late
      expect(acknowledged).toHaveLength(total)
      expect(new Set(acknowledged).size).toBe(total)
      expect([...service.commissions.keys()].sort((a, b) => a - b)).toEqual([...acknowledged].sort((a, b) => a - b))
      expect(new Set([...service.commissions.values()].map(({ key }) => key)).size).toBe(total)
      expect(again).toBeGreaterThan(0) // the budget does not allow for so many attempts by itself
      // Two of the same name would be one that was made twice.
      const names = [...service.commissions.values()].map(({ body }) => (JSON.parse(body) as { name: string }).name)
      expect(new Set(names).size).toBe(total)
    })
  })
}
