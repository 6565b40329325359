import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

interface Cost {
  /** The binary logarithm of N. */
  readonly ln: number
  readonly r: number
  readonly p: number
}

/** 32 MiB and three passes, one of the settings that OWASP's Password Storage Cheat Sheet gives as equally strong. */
const TODAY: Cost = { ln: 15, r: 8, p: 3 }
const [SALT_BYTES, KEY_BYTES] = [16, 32]

/** 128 MiB and five times the work of today: what is stored is not trusted to be of our own making. */
const MEMORY_MAX = 2 ** 20
const WORK_MAX = 2 ** 22

export interface ScryptHash {
  /** Costs less than a new one would. */
  readonly isWeak: boolean
  readonly matches: (password: string) => Promise<boolean>
}

const FORMAT = /^\$scrypt\$ln=([1-9]\d?),r=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/

/** In the PHC string format. */
export async function newScryptHash(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const key = await derive(password, salt, TODAY)
  return `$scrypt$ln=${TODAY.ln},r=${TODAY.r},p=${TODAY.p}$${unpadded(salt)}$${unpadded(key)}`
}

/** @returns null where it is none, or one that would take too much of this machine. */
export function readScryptHash(text: string): ScryptHash | null {
  const [, ln, r, p, salt, key] = FORMAT.exec(text) ?? []
  if (salt === undefined || key === undefined) return null
  const cost: Cost = { ln: Number(ln), r: Number(r), p: Number(p) }
  if (memoryOf(cost) > MEMORY_MAX || workOf(cost) > WORK_MAX) return null
  const [saltBytes, keyBytes] = [Buffer.from(salt, 'base64'), Buffer.from(key, 'base64')]
  return {
    isWeak: memoryOf(cost) < memoryOf(TODAY) || workOf(cost) < workOf(TODAY),
    matches: async (password) => timingSafeEqual(await derive(password, saltBytes, cost), keyBytes),
  }
}

/**
 * The text is brought to NFC first, as RFC 8265 has it for passwords: one keyboard types é as one character, another as
 * two, and it is one password. NFKC would take more and make ² a 2.
 */
function derive(password: string, salt: Buffer, cost: Cost): Promise<Buffer> {
  // Node refuses 32 MiB by default. It needs a little more than the table.
  const options = { N: 2 ** cost.ln, r: cost.r, p: cost.p, maxmem: 2 * 128 * memoryOf(cost) + 2 ** 20 }
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, KEY_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}

/** In units of 128 bytes. */
function memoryOf({ ln, r }: Cost): number {
  return 2 ** ln * r
}

function workOf(cost: Cost): number {
  return memoryOf(cost) * cost.p
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '')
}
