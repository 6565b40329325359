/** The one error of the protocol that is sent; its message tells the cases apart. Source: OAuth2 specification, 3. */
export class GrantRefused extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'GrantRefused'
  }
}

/** @throws {GrantRefused} */
export function refuseIf(condition: boolean, message: string): void {
  if (condition) throw new GrantRefused(message)
}
