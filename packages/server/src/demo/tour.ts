import { AstakosClient, effectiveQuota, formatQuantity } from 'astakosclient'
import type { SampleCloud } from './cloud.ts'
import { tourOfProjects } from './project-tour.ts'
import { machinesOf, refusalOf, type Screen } from './screen.ts'

const NAME = 'create a server (tour)'

/** A first look at the service through its client, in real calls. */
export async function tour(screen: Screen, authUrl: string, { users, components }: SampleCloud): Promise<void> {
  const [alice, bob, carol] = users
  const cyclades = components.find(({ name }) => name === 'cyclades')
  if (!alice || !bob || !carol || !cyclades) throw new Error('The sample cloud is incomplete')
  const user = new AstakosClient(alice.token, authUrl)
  const service = new AstakosClient(cyclades.token, authUrl, { usePool: true, retry: 3 })
  try {
    await forgetEarlierTours(service)
    screen.step('Who am I?')
    screen.code('await user.authenticate()')
    const { access } = await user.authenticate()
    screen.result(`${access.user.name}, ${access.user.id}, in ${access.user.projects.length} project`)

    screen.step('Names and uuids')
    screen.code(`await user.getUsernames([…, …])`)
    for (const [uuid, name] of Object.entries(await user.getUsernames([alice.uuid, bob.uuid])))
      screen.result(`${uuid} is ${name}`)

    screen.step('What may I use?')
    screen.code('await user.getQuotas()')
    const [quotas, resources] = await Promise.all([user.getQuotas(), user.getResources()])
    for (const [resource, quota] of Object.entries(quotas[alice.uuid] ?? {})) {
      const { limit, usage } = effectiveQuota(quota)
      const [used, of] = [usage, limit].map((quantity) => formatQuantity(quantity, resources[resource]?.unit))
      screen.result(`${resource.padEnd(26)}${used} of ${of}`)
    }

    screen.step('A service reserves quota, does the work, and accepts')
    const server = { 'cyclades.vm': 1, 'cyclades.cpu': 2, 'cyclades.ram': 2n * 1024n ** 3n }
    screen.code("await service.issueOneCommission(alice, project, { 'cyclades.vm': 1, 'cyclades.cpu': 2, … })")
    const serial = await service.issueOneCommission(alice.uuid, alice.uuid, server, { name: NAME })
    screen.result(`commission ${serial} is pending: ${await machinesOf(user, alice.uuid)}`)
    screen.code(`await service.acceptCommission(${serial})`)
    await service.acceptCommission(serial)
    screen.result(`accepted: ${await machinesOf(user, alice.uuid)}`)

    screen.step('Too much is refused, and nothing changes')
    screen.code("await service.issueOneCommission(alice, project, { 'cyclades.vm': 5 })")
    screen.result(await refusalOf(service.issueOneCommission(alice.uuid, alice.uuid, { 'cyclades.vm': 5 })))

    screen.step('An answer is lost on the way; the call is sent again, and charges once')
    screen.code("await service.issueOneCommission(alice, project, { 'cyclades.vm': 1 }, { autoAccept: true })")
    const lossy = new LossyNetwork()
    const unlucky = new AstakosClient(cyclades.token, authUrl, { retry: 3, fetch: lossy.fetch })
    await unlucky.features()
    lossy.loseNext()
    const charged = await unlucky.issueOneCommission(alice.uuid, alice.uuid, { 'cyclades.vm': 1 }, { autoAccept: true })
    screen.result(
      `${lossy.issues} requests, ${lossy.lost} answer lost, one commission, ${charged}: ${await machinesOf(user, alice.uuid)}`,
    )

    screen.step('And back again')
    const back = { 'cyclades.vm': -2, 'cyclades.cpu': -2, 'cyclades.ram': -(2n * 1024n ** 3n) }
    screen.code("await service.issueOneCommission(alice, project, { 'cyclades.vm': -2, … }, { autoAccept: true })")
    await service.issueOneCommission(alice.uuid, alice.uuid, back, { autoAccept: true })
    screen.result(await machinesOf(user, alice.uuid))

    await tourOfProjects(screen, {
      applicant: user,
      administrator: user.withToken(carol.token),
      member: user.withToken(bob.token),
      memberId: bob.uuid,
      service,
    })
  } finally {
    await service.close()
  }
}

/** One that was stopped half-way left a commission pending. */
async function forgetEarlierTours(service: AstakosClient): Promise<void> {
  for (const serial of await service.getPendingCommissions()) {
    const { name } = await service.getCommissionInfo(serial)
    if (name === NAME) await service.rejectCommission(serial)
  }
}

/** Delivers requests, and loses the answer to the next issue that it is told to lose. */
class LossyNetwork {
  issues = 0
  lost = 0
  #losing = false

  loseNext(): void {
    this.#losing = true
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    if (!response.url.endsWith('/commissions')) return response
    this.issues += 1
    if (!this.#losing) return response
    this.#losing = false
    this.lost += 1
    await response.body?.cancel()
    throw new TypeError('The connection broke before the answer came')
  }
}
