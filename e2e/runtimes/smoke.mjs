/**
 * One program for every runtime, Node or not: it uses nothing but the client and what the language brings. Each check
 * has a name that is a fact; the result says of each whether it held.
 */
const TOKEN = 'a-token-of-the-tests'
const USER = 'b3de8eb0-3958-477e-a1c9-789af8dd352c'
const PROJECT = '2c1d3a6e-9f7b-4d0e-8a55-0d1f6a1f5c11'
const NOBODY = '00000000-0000-0000-0000-000000000000'

export const checks = {
  authenticates: async ({ client }) => {
    const { access } = await client.authenticate()
    equal(access.user.id, USER)
    equal(access.token.id, TOKEN)
  },

  'finds a name in any script': async ({ client }) => {
    equal(await client.getUsername(USER), 'ψάρι@example.com')
  },

  'says whom it did not find': async ({ client, astakos }) => {
    const error = await rejection(client.getUsername(NOBODY), astakos.NoUserName)
    equal(error.uuid, NOBODY)
  },

  'reads quantities exactly': async ({ client, astakos }) => {
    const quotas = await client.getQuotas()
    const { limit, usage, pending } = quotas[PROJECT]['pithos.diskspace']
    equal(limit, astakos.UNLIMITED)
    equal(usage, 9007199254740993n)
    equal(pending, 0n)
  },

  'streams quotas': async ({ client }) => {
    const users = []
    for await (const [user, quotas] of client.serviceQuotasEntries()) {
      users.push(user)
      equal(quotas[PROJECT]['pithos.diskspace'].limit, 9223372036854775807n)
    }
    equal(users.join(), USER)
  },

  'issues a commission, accepts it once': async ({ client, astakos }) => {
    const serial = await client.issueOneCommission(USER, PROJECT, { 'cyclades.vm': 1n })
    equal(typeof serial, 'number')
    equal(await client.acceptCommission(serial), undefined)
    const error = await rejection(client.acceptCommission(serial), astakos.NotFound)
    equal(error.status, 404)
  },

  'tells by how much a quota was missed': async ({ client, astakos }) => {
    const issue = client.issueOneCommission(USER, PROJECT, { 'cyclades.ram': 9223372036854775807n })
    const error = await rejection(issue, astakos.QuotaLimit)
    equal(error.status, 413)
    equal(error.limit, 10n)
    equal(error.usage, 9n)
    equal(error.available, 1n)
    equal(error.requested, 9223372036854775807n)
    equal(error.provision.resource, 'cyclades.ram')
    equal(error.holder.id, USER)
  },

  'is refused with another token': async ({ client, astakos }) => {
    const error = await rejection(client.withToken('of-somebody-else').getQuotas(), astakos.Unauthorized)
    equal(error.fault.name, 'unauthorized')
  },

  'stops waiting when it is told to': async ({ client }) => {
    const controller = new AbortController()
    const reason = new Error('changed my mind')
    setTimeout(() => controller.abort(reason), 50)
    const error = await rejection(client.getResources({ signal: controller.signal }), Error)
    equal(error, reason)
  },

  'stops waiting in time': async ({ client, astakos }) => {
    const error = await rejection(client.getResources({ timeoutMs: 50 }), astakos.Timeout)
    equal(error.phase, 'call')
  },

  'makes many calls at once': async ({ client }) => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => client.getQuotas()))
    equal(answers.filter((quotas) => PROJECT in quotas).length, 12)
  },

  'makes no call once it is closed': async ({ client, astakos }) => {
    await client.close()
    await rejection(client.getQuotas(), astakos.BadValue)
  },
}

export async function smoke(astakos, origin, usePool) {
  const client = new astakos.AstakosClient(TOKEN, `${origin}/identity/v2.0`, {
    usePool,
    ...(usePool ? { poolSize: 3 } : {}),
    timeoutMs: 10_000,
  })
  const results = {}
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check({ astakos, client })
      results[name] = 'holds'
    } catch (error) {
      results[name] = error instanceof Error ? (error.stack ?? String(error)) : String(error)
    }
  }
  return results
}

function equal(actual, expected) {
  if (!Object.is(actual, expected)) throw new Error(`${String(actual)} is not ${String(expected)}`)
}

async function rejection(promise, type) {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  )
  if (!('error' in outcome)) throw new Error(`resolved instead of ${type.name}: ${String(outcome.value)}`)
  if (!(outcome.error instanceof type)) throw outcome.error
  return outcome.error
}
