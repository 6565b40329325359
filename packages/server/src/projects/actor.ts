/** Who acts. An operator's command has no user, and an administrator's rights. */
export interface Actor {
  readonly userId: bigint | null
  readonly isAdmin: boolean
}
