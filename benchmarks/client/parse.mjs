// Reading 50 MB of quotas: the exact codec against JSON.parse of the same text. Arguments: megabytes, share of unlimited limits, rounds.
import { pathToFileURL } from 'node:url'
import { dirname, join } from 'node:path'
import { createRequire } from 'node:module'
import { serviceQuotasText } from './documents.mjs'
import { compare } from './statistics.mjs'

const [megabytes, share, rounds] = process.argv.slice(2).map(Number)
const wire = dirname(createRequire(import.meta.url).resolve('astakosclient/wire'))
const { parseRounded, parseQuantities } = await import(pathToFileURL(join(wire, 'json.js')).href)

const text = serviceQuotasText(megabytes, share)
const speed = (parse) => () => {
  globalThis.gc()
  const began = performance.now()
  parse(text)
  return text.length / 1000 / (performance.now() - began)
}
for (const parse of [JSON.parse, parseRounded, parseQuantities]) speed(parse)()
process.send({
  size: text.length,
  step: await compare(rounds, speed(parseRounded), speed(JSON.parse)),
  bigint: await compare(rounds, speed(parseQuantities), speed(JSON.parse)),
})
process.exit()
