// `npm run bench:client [-- --quick] [-- --json] [-- --only calls|parse|stream|import|bundle]`: what the client costs, as
// ratios within one run. Everything runs in processes of its own, one after the other.
import { execFileSync, fork } from 'node:child_process'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { median } from './statistics.mjs'

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, json: { type: 'boolean' }, only: { type: 'string' } },
})
const { quick = false, json = false, only } = values
const rows = []
const wanted = (name) => only === undefined || only === name

function run(script, args, execArgv = []) {
  process.stderr.write(`… ${script} ${args.join(' ')}\n`)
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), args.map(String), { execArgv })
  return new Promise((resolve, reject) => {
    let result
    child.once('message', (message) => (result = message))
    child.once('exit', (code) => (result ? resolve(result) : reject(new Error(`${script} ended with ${code}`))))
  })
}

const row = (what, value, unit, goal, atMost = false, note = '') =>
  rows.push({ what, value, unit, goal, met: goal === null ? null : atMost ? value <= goal : value >= goal, note })

if (wanted('calls')) {
  const names = {
    quotas: 'quotas of a user',
    names: 'user catalogs',
    issue: 'commissions, with keys',
    'issue-original': 'commissions, no keys: a connection each',
  }
  for (const mode of ['pool', 'plain']) {
    for (const operation of Object.keys(names)) {
      for (const concurrency of [1, 8, 64]) {
        if (quick && concurrency === 8) continue
        const result = await run('calls.mjs', [mode, operation, concurrency, quick ? 5 : 15, quick ? 100 : 250])
        const against = mode === 'pool' ? 'undici Pool' : 'fetch'
        // A service without keys forbids a used connection: that is a price, not a goal.
        row(
          `${names[operation]}, ${concurrency} at once, against ${against}`,
          result.ratio,
          'x',
          operation === 'issue-original' ? null : 0.9,
          false,
          `${Math.round(result.ours)} /s against ${Math.round(result.theirs)} /s`,
        )
      }
    }
  }
}
if (wanted('parse')) {
  for (const [share, name, goal] of [
    [0, 'nothing large', 0.9],
    [0.5, 'half unlimited', 0.9],
    [1, 'all unlimited', 0.75],
  ]) {
    const { step, bigint } = await run(
      'parse.mjs',
      [quick ? 10 : 50, share, quick ? 5 : 11],
      ['--expose-gc', '--max-old-space-size=8192'],
    )
    const note = ({ ours, theirs }) => `${Math.round(ours)} MB/s against ${Math.round(theirs)} MB/s`
    row(`parse ${quick ? 10 : 50} MB, ${name}, exact text step`, step.ratio, 'x', goal, false, note(step))
    row(`parse ${quick ? 10 : 50} MB, ${name}, every quantity a bigint`, bigint.ratio, 'x', 0.55, false, note(bigint))
  }
}
if (wanted('stream')) {
  const streams = []
  for (let count = 0; count < (quick ? 1 : 5); count += 1)
    streams.push(await run('stream.mjs', [quick ? 50 : 250], ['--expose-gc']))
  const rates = streams.map(({ rate }) => rate)
  const range = `${Math.min(...rates).toFixed(0)} to ${Math.max(...rates).toFixed(0)} in ${streams.length} runs`
  row(`stream ${Math.round(streams[0].megabytes)} MB of quotas`, median(rates), 'MB/s', 100, false, range)
  // The worst of all runs: whoever has to set a limit needs that one.
  row('  memory above the start, at most', Math.max(...streams.map(({ memory }) => memory)), 'MB', 40, true)
}
if (wanted('import')) {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const time = (code) => {
    const began = performance.now()
    execFileSync(process.execPath, ['--input-type=module', '-e', code], { cwd: root })
    return performance.now() - began
  }
  process.stderr.write('… import\n')
  const differences = []
  for (let round = 0; round < (quick ? 9 : 25); round += 1) {
    const [bare, full] =
      round % 2 ? [time(''), time("import 'astakosclient'")] : [time("import 'astakosclient'"), time('')].reverse()
    differences.push(full - bare)
  }
  row('import, over bare node', median(differences), 'ms', 15, true)
}
if (wanted('bundle')) {
  const { outputFiles } = await build({
    stdin: { contents: "export * from 'astakosclient'", resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
  })
  row('browser bundle, gzip', gzipSync(outputFiles[0].contents, { level: 9 }).length / 1000, 'kB', 10, true)
}

if (json) console.log(JSON.stringify({ node: process.version, cores: cpus().length, rows }, null, 2))
else {
  console.log(`\nNode ${process.version}, ${cpus().length} cores; ratios within one run, medians, higher is better\n`)
  const wide = Math.max(...rows.map(({ what }) => what.length))
  for (const { what, value, unit, goal, met, note } of rows) {
    const verdict = met === null ? '' : `goal ${goal} ${unit}, ${met ? 'met' : 'MISSED'}`
    console.log(
      `${what.padEnd(wide)}  ${`${value.toFixed(unit === 'x' ? 2 : 1)} ${unit}`.padStart(10)}  ${verdict.padEnd(22)}  ${note}`,
    )
  }
}
