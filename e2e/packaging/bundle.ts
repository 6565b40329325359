import { join } from 'node:path'

import { build } from 'esbuild'

/** What a bundler makes of the installed package for a browser: minified, one file. */
export async function bundleForBrowser(consumer: string, entry: string): Promise<{ text: string; inputs: string[] }> {
  const result = await build({
    absWorkingDir: consumer,
    entryPoints: [join(consumer, entry)],
    bundle: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    minify: true,
    write: false,
    metafile: true,
    logLevel: 'silent',
  })
  const [file] = result.outputFiles
  if (!file) throw new Error('esbuild wrote nothing')
  return { text: file.text, inputs: Object.keys(result.metafile.inputs) }
}
