import { readFileSync, statSync } from 'node:fs'

/** A file that can't be used, in a sentence that names it and the line, and repeats no value. */
export class ConfigFileError extends Error {
  constructor(file: string, rule: string) {
    super(`--config ${file} ${rule}`)
    this.name = 'ConfigFileError'
  }
}

/**
 * Options in a file: `name = value`, one a line, without quotation marks; empty lines and lines that begin with `#` are for people.
 *
 * @param names those that there are.
 * @throws {ConfigFileError} it can't be read, everybody may read it, a line is none.
 */
export function readConfigFile<Name extends string>(
  file: string,
  names: readonly Name[],
): Partial<Record<Name, string>> {
  const values: Partial<Record<Name, string>> = {}
  for (const [index, line] of textOf(file).split(/\r?\n/).entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue
    const [, name = '', value = ''] = /^\s*(?:--)?([a-z\d-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    const at = `line ${index + 1}`
    // The line itself is not repeated: it may hold a password.
    if (name === '') throw new ConfigFileError(file, `has a ${at} that is not "name = value"`)
    if (!(names as readonly string[]).includes(name))
      throw new ConfigFileError(file, `has an option in ${at} that there is not: ${name}`)
    if (name in values) throw new ConfigFileError(file, `has ${name} a second time in ${at}`)
    if (value === '') throw new ConfigFileError(file, `has no value for ${name} in ${at}`)
    values[name as Name] = value
  }
  return values
}

function textOf(file: string): string {
  try {
    // URLs of databases and mail servers bring passwords along.
    if (process.platform !== 'win32' && (statSync(file).mode & 0o007) !== 0)
      throw new ConfigFileError(file, 'may be read by everybody: its mode must be 0640 or stricter')
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof ConfigFileError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new ConfigFileError(file, code === 'ENOENT' ? 'is not there' : `can not be read (${code})`)
  }
}
