import { AstakosClient, QuotaLimit, UNLIMITED, type ClientOptions, type Quotas, type UserInfo } from 'astakosclient'
import { parseExact, type Quota } from 'astakosclient/wire'

const options: ClientOptions = { usePool: true, retry: 2 }

export async function report(user: string, project: string): Promise<string> {
  await using client = new AstakosClient('token', 'https://accounts.example.com', options)
  const info: UserInfo = await client.authenticate()
  const quotas: Quotas = await client.getQuotas()
  const quota: Quota | undefined = quotas[project]?.['cyclades.vm']
  try {
    const serial: number = await client.issueOneCommission(user, project, { 'cyclades.vm': 1n })
    await client.acceptCommission(serial)
  } catch (error) {
    if (!(error instanceof QuotaLimit)) throw error
    const available: bigint | null = error.available
    return `${available ?? 'unknown'} left`
  }
  for await (const [uuid] of client.serviceQuotasEntries()) parseExact(uuid)
  // @ts-expect-error a quantity that comes out is a bigint
  const wrong: number = quota?.limit
  return `${info.access.user.id} ${quota?.limit === UNLIMITED} ${wrong}`
}
