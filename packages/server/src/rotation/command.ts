import { ConfigError, readConfig } from '../config.ts'
import { readKeyLines, type KeyLine } from '../identity/secret-key.ts'
import { idOf } from '../identity/secret-keys.ts'
import { openDatabase } from '../open-database.ts'
import { addKey, keptOf, promoteKey, replace } from './key-file.ts'
import { reseal } from './reseal.ts'
import { countOthers } from './sealed.ts'

const HELP = `Replaces the secret key while services run, in four steps:

  astakos-server rotate-key --add [OPTION…]      a next key in the file, which opens and does not seal yet
  astakos-server rotate-key --promote [OPTION…]  it is the one that seals
  astakos-server rotate-key [OPTION…]            seals anew what is sealed under former keys
  astakos-server rotate-key --drop [OPTION…]     removes the former keys from the file

After --add and after --promote every process is restarted, one after the other. Where machines have copies of the file, they
are replaced first. Options are those of astakos-server serve: --database-url or --data-dir, --secret-key-file, …
`

const STEPS = ['--add', '--promote', '--drop'] as const

/** `astakos-server rotate-key`. @returns the exit code: 1 where something is left to be sealed anew */
export async function rotateKey(
  args: readonly string[],
  say: (line: string) => void = (line) => void process.stdout.write(`${line}\n`),
): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    say(HELP.trimEnd())
    return 0
  }
  const steps = STEPS.filter((step) => args.includes(step))
  if (steps.length > 1) throw new ConfigError(steps.join(' and '), 'are steps of their own: one at a time')
  const rest = args.filter((arg) => !(STEPS as readonly string[]).includes(arg))
  const config = readConfig(rest)
  const file = config.secretKeyFile
  if (file === null) throw new ConfigError('--throw-away', 'has a key that ends with it')
  const [step] = steps
  if (step === '--add') {
    addKey(file)
    say(`${file} holds a next key, which opens and does not seal yet.`)
    say('Next: restart every process, one after the other; then astakos-server rotate-key --promote')
    return 0
  }
  if (step === '--promote') {
    promoteKey(file)
    say(`The next key of ${file} is the first one now, which seals; the former one opens.`)
    say('Next: restart every process, one after the other; then astakos-server rotate-key')
    return 0
  }
  const lines = readKeyLines(file)
  await using opened = await openDatabase(config)
  if (step === '--drop') {
    await drop(file, lines, (ids) => countOthers(opened.database, ids))
    say(`${file} holds no former key any more.`)
    say('Next: restart every process, one after the other. Keep the former key as long as backups that need it.')
    return 0
  }
  if (lines.some(({ part }) => part === 'next'))
    throw new Error(`${file} holds a next key: once every process was restarted, make it seal with --promote`)
  const { done, lost, left } = await reseal(opened.database, opened.secretKey)
  for (const [name, count] of Object.entries(done)) say(`Sealed anew: ${count} ${name}`)
  for (const what of lost) say(`No key of ${file} opens: ${what}`)
  if (left > 0n) say(`Sealed under a former key meanwhile: ${left}. Next: restart every process, then run this again`)
  if (lost.length > 0 || left > 0n) return 1
  say(
    lines.length > 1
      ? 'Nothing is sealed under a former key any more. Next: astakos-server rotate-key --drop'
      : 'Everything is sealed under the one key. To replace it: astakos-server rotate-key --add',
  )
  return 0
}

async function drop(
  file: string,
  lines: readonly [KeyLine, ...KeyLine[]],
  others: (ids: readonly Buffer[]) => Promise<bigint>,
): Promise<void> {
  const kept = keptOf(lines)
  if (kept.length === lines.length) throw new Error(`${file} holds no former key`)
  const needed = await others(kept.map(({ key }) => idOf(key)))
  if (needed > 0n) throw new Error(`${needed} are still sealed under a former key: run astakos-server rotate-key first`)
  replace(file, kept)
}
