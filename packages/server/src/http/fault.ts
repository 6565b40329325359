/** Faults and their statuses. Source: overview, 7. */
const STATUS = {
  badRequest: 400,
  unauthorized: 401,
  forbidden: 403,
  notAllowed: 405,
  itemNotFound: 404,
  conflict: 409,
  overLimit: 413,
  requestEntityTooLarge: 413,
  unprocessableEntity: 422,
  internalServerError: 500,
  serviceUnavailable: 503,
} as const

export type FaultName = keyof typeof STATUS

/** An answer other than success, as the API's envelope has it. */
export class Fault extends Error {
  readonly fault: FaultName
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(fault: FaultName, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.name = 'Fault'
    this.fault = fault
    this.status = STATUS[fault]
    this.headers = headers
  }
}

export const badRequest = (message: string): Fault => new Fault('badRequest', message)

export function faultJson({ fault, status, message }: Pick<Fault, 'fault' | 'status' | 'message'>): string {
  return JSON.stringify({ [fault]: { code: status, message, details: '' } })
}

const NAMESPACE = 'http://docs.openstack.org/identity/api/v2.0'

export function faultXml({ fault, status, message }: Fault): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<${fault} xmlns="${NAMESPACE}" code="${status}">
  <message>${escapeXml(message)}</message>
  <details></details>
</${fault}>
`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** XML has no way to write most control characters. */
export function escapeXml(text: string): string {
  return (
    text
      .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] as string)
      // oxlint-disable-next-line no-control-regex
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
  )
}
