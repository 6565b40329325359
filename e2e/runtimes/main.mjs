import process from 'node:process'

import * as astakos from 'astakosclient'

import { smoke } from './smoke.mjs'

const [origin, pool] = process.argv.slice(2)
console.log(JSON.stringify(await smoke(astakos, origin, pool === 'pool')))
