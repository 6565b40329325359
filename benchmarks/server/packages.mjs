// What the service is built on: its own packages, which are no others' here.
import { createRequire } from 'node:module'

const require = createRequire(new URL('../../packages/server/package.json', import.meta.url))

export const pg = require('pg')
export const { fastify } = require('fastify')
export const { pino } = require('pino')
export const versionOf = (name) => require(`${name}/package.json`).version
