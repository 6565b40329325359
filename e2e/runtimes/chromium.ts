import { existsSync } from 'node:fs'
import { mkdtemp, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { chromium, type Browser } from 'playwright-core'

import { quietEnv, run } from '../packaging/shell.ts'
import { installed } from './install.ts'

/** Nothing but the page's own requests, also for a root user in a container. */
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A headless Chromium with a profile of its own, which goes when it is closed. */
export async function launchChromium(): Promise<Browser> {
  const given = process.env['ASTAKOS_TEST_CHROMIUM']
  try {
    if (given !== undefined) return await chromium.launch({ executablePath: given, args: flags })
    if (process.platform !== 'linux' || process.arch !== 'x64') {
      return await chromium.launch({ channel: 'chrome', args: flags })
    }
    const folder = await unpacked()
    // The libraries come along, so that a bare machine will do.
    const env = { ...quietEnv(), LD_LIBRARY_PATH: join(folder, 'al2023/lib'), FONTCONFIG_PATH: join(folder, 'fonts') }
    return await chromium.launch({ executablePath: join(folder, 'chromium'), args: flags, env })
  } catch (error) {
    throw new Error(
      'No Chromium could be started. On Linux x64 one comes from npm; elsewhere install Chrome, or put the path of a Chromium into ASTAKOS_TEST_CHROMIUM.',
      { cause: error },
    )
  }
}

/** The package keeps its files compressed and unpacks them into the folder for temporary files: here, one beside it. */
async function unpacked(): Promise<string> {
  const folder = join(installed, '.chromium')
  if (existsSync(folder)) return folder
  const unfinished = await mkdtemp(`${folder}-`)
  const library = join(installed, '@sparticuz/chromium')
  const program = `
    const { default: chromium, inflate } = await import(${JSON.stringify(pathToFileURL(join(library, 'build/index.js')).href)})
    await chromium.executablePath()
    await inflate(${JSON.stringify(join(library, 'bin/al2023.tar.br'))})`
  await run(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: unfinished,
    env: { ...quietEnv(), TMPDIR: unfinished },
  })
  await rename(unfinished, folder)
  return folder
}
