// Who is who in the worlds of the benchmark: the database makes the same names out of the same numbers, so nobody has to
// be told a million of them.
import { createHash } from 'node:crypto'

export const uuidOf = (text) =>
  createHash('md5')
    .update(text)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')

export const userUuid = (number) => uuidOf(`user ${number}`)
export const projectUuid = (number) => uuidOf(`project ${number}`)
export const userName = (number) => `user${number}@example.org`
export const userToken = (number) => `token-of-a-benchmark-user-${number}`
export const COMPONENT_TOKEN = 'token-of-the-benchmark-component'

/** The project that everybody is a member of. */
export const HOT_PROJECT = uuidOf('hot project')

export const RESOURCES = [
  'cyclades.vm',
  'cyclades.cpu',
  'cyclades.total_cpu',
  'cyclades.ram',
  'cyclades.total_ram',
  'cyclades.disk',
  'cyclades.floating_ip',
  'cyclades.network.private',
]
