import type { Mail } from '../mail/mail.ts'

/** What is told by mail, once it is done. Source: project specification, 15; membership specification, 8. */

/** Null: there is nobody to be told. */
export function mailTo(address: string | null, subject: string, text: string): Mail[] {
  return address === null ? [] : [{ to: [address], subject, text }]
}

export function mailToAll(addresses: readonly string[], subject: string, text: string): Mail[] {
  return addresses.length === 0 ? [] : [{ to: addresses, subject, text }]
}
