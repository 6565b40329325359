/**
 * The exact codec against `JSON.parse` of the same text in the same run: interleaved rounds, medians, ratios.
 *
 *   npx tsx --conditions=astakos-source benchmarks/json/main.ts [MEGABYTES [ROUNDS]]
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { parseLarge } from '../../packages/client/src/wire/json-parser.ts'
import { parseExact, parseQuantities, parseRounded } from '../../packages/client/src/wire/json.ts'
import { quotasText } from './document.ts'

const [megabytes, rounds] = [Number(process.argv[2] ?? 50), Number(process.argv[3] ?? 11)]

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const ways: Readonly<Record<string, (text: string) => unknown>> = {
  'JSON.parse': (text) => JSON.parse(text) as unknown,
  'exact text step': parseRounded,
  parseExact,
  parseQuantities,
  'exact parser alone': parseLarge,
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

for (const [label, unlimited] of [
  ['nothing large', 0],
  ['half of the limits unlimited', 0.5],
  ['all limits unlimited', 1],
] as const) {
  const text = quotasText(megabytes * 1e6, unlimited)
  const times = new Map<string, number[]>(Object.keys(ways).map((way) => [way, []]))
  for (let round = 0; round < rounds; round++) {
    const order = Object.entries(ways)
    for (const [way, parse] of round % 2 === 0 ? order : order.toReversed()) {
      collectGarbage()
      const start = performance.now()
      parse(text)
      times.get(way)?.push(performance.now() - start)
    }
  }
  const base = median(times.get('JSON.parse') ?? [])
  console.log(`${(text.length / 1e6).toFixed(1)} MB, ${label}`)
  for (const [way, values] of times) {
    const time = median(values)
    const speed = text.length / 1e3 / time
    console.log(
      `  ${way.padEnd(20)} ${time.toFixed(0).padStart(5)} ms  ${speed.toFixed(0).padStart(4)} MB/s  ${(base / time).toFixed(2)}`,
    )
  }
}
