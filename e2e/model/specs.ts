/** What an application asks for, in the wire's names; null is as good as nothing. Source: project specification, 6.1. */
export type Policy = 'auto' | 'moderated' | 'closed'

export interface Pair {
  readonly project_capacity: bigint
  readonly member_capacity: bigint
}

export interface Specs {
  readonly owner?: string | null
  readonly name?: string | null
  readonly homepage?: string | null
  readonly description?: string | null
  readonly comments?: string | null
  readonly end_date?: string | null
  readonly join_policy?: Policy
  readonly leave_policy?: Policy
  readonly max_members?: bigint
  readonly private?: boolean | null
  readonly resources?: Readonly<Record<string, Pair>>
}
