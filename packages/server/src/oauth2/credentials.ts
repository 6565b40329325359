/** What a client says of itself in `Authorization`. */
export interface ClientCredentials {
  /** Null: it could not be read. */
  readonly identifier: string | null
  readonly secret: string
}

const NAMELESS: ClientCredentials = { identifier: null, secret: '' }

/**
 * Null where there are none; A-8: another scheme than `Basic` counts as none, and what is malformed as a client without
 * a name. A-7: the secret may hold colons.
 */
export function readCredentials(header: string | undefined): ClientCredentials | null {
  const [, encoded] = /^Basic(?:\s+(.*))?$/is.exec(header?.trim() ?? '') ?? [null, null]
  if (encoded === null) return null
  if (!encoded || !/^[A-Za-z\d+/]+={0,2}$/.test(encoded)) return NAMELESS
  const text = textOf(Buffer.from(encoded, 'base64'))
  const colon = text.indexOf(':')
  return colon < 1 ? NAMELESS : { identifier: text.slice(0, colon), secret: text.slice(colon + 1) }
}

/**
 * As RFC 6749, 2.3.1 has clients write them: form-encoded, which the original never undid. What is registered as it
 * was sent goes before. Null where it makes no difference.
 */
export function decodedCredentials({ identifier, secret }: ClientCredentials): ClientCredentials | null {
  const [name, word] = [formDecoded(identifier ?? ''), formDecoded(secret)]
  if (identifier === null || name === null || word === null) return null
  return name === identifier && word === secret ? null : { identifier: name, secret: word }
}

function formDecoded(text: string): string | null {
  try {
    const decoded = decodeURIComponent(text.replaceAll('+', ' '))
    return decoded.includes('\0') ? null : decoded
  } catch {
    return null
  }
}

/** Empty where it is no text that could be stored. */
function textOf(bytes: Buffer): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return text.includes('\0') ? '' : text
  } catch {
    return ''
  }
}
