import { parseQuantities } from './json.ts'
import type { Dict, Fault, Provision } from './types.ts'

/** Reads the envelope `{"<name>": {"code": …, "message": …}}`; null for anything else. Specification 00, 7. */
export function parseFault(body: string): Fault | null {
  let document: unknown
  try {
    document = parseQuantities(body)
  } catch {
    return null
  }
  if (!isDict(document)) return null
  const entries = Object.entries(document)
  const [name, inner] = entries[0] ?? []
  if (entries.length !== 1 || name === undefined || !isDict(inner)) return null
  const { code, message, details, data } = inner
  if (typeof code !== 'number' || typeof message !== 'string') return null
  return {
    name,
    code,
    message,
    details: typeof details === 'string' ? details : null,
    data: isDict(data) ? data : null,
  }
}

/** The provision that a refused issue names in its fault's data. */
export function provisionOfFault(fault: Fault): Provision | null {
  const provision = fault.data?.['provision']
  if (!isDict(provision)) return null
  const { holder, source, resource, quantity } = provision
  if (typeof holder !== 'string' || typeof resource !== 'string' || typeof quantity !== 'bigint') return null
  if (source !== null && typeof source !== 'string') return null
  return { holder, source, resource, quantity }
}

export function isDict(value: unknown): value is Dict<unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
