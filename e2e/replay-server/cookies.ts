/** The cookies of one browser; `Secure` and other attributes do not matter. */
export class CookieJar {
  readonly #cookies = new Map<string, string>()

  /** @param lines values of `Set-Cookie`. */
  store(lines: readonly string[]): void {
    for (const line of lines) {
      const { name, value } = cookieOf(line)
      if (value === '') this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
  }

  value(name: string): string | undefined {
    return this.#cookies.get(name)
  }

  header(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }
}

/** An empty value, also in quotes, removes the cookie. */
export function cookieOf(line: string): { name: string; value: string } {
  const [pair = ''] = line.split(';')
  const at = pair.indexOf('=')
  return {
    name: pair.slice(0, at).trim(),
    value: pair
      .slice(at + 1)
      .trim()
      .replace(/^""$/, ''),
  }
}
