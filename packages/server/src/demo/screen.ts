import { QuotaLimit, type AstakosClient } from 'astakosclient'

/** Where the tour is written to. */
export interface Screen {
  /** What is done now. */
  step(title: string): void
  /** The code, as a reader would write it. */
  code(line: string): void
  /** What came of it. */
  result(line: string): void
}

/** What a user has of a project. */
export async function machinesOf(user: AstakosClient, project: string): Promise<string> {
  const quota = (await user.getQuotas())[project]?.['cyclades.vm']
  return quota ? `${quota.usage} of ${quota.limit} machines in use, ${quota.pending} of them pending` : 'no machines'
}

export async function refusalOf(issue: Promise<unknown>): Promise<string> {
  try {
    await issue
    return 'It was not refused'
  } catch (error) {
    if (!(error instanceof QuotaLimit)) throw error
    return `${error.name}: ${error.requested} wanted, ${error.available} left`
  }
}
