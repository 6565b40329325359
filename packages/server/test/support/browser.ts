import { send, type Reply } from './http.ts'

/** Told by a proxy that is believed. */
export const TLS = { 'x-forwarded-protocol': 'https' }

/** What a browser does with cookies, forms and the address that it comes from. */
export class Browser {
  readonly #base: string
  readonly #always: Readonly<Record<string, string>>
  readonly cookies: Map<string, string> = new Map<string, string>()

  /**
   * @param base with the path, as it is listened at.
   * @param always what every request says; by default that it came over TLS.
   */
  constructor(base: string, always: Readonly<Record<string, string>> = TLS) {
    this.#base = base
    this.#always = always
  }

  /** @param user of the world, or an address. */
  signIn(user: string, password = `${user}-pass-1`, more: Record<string, string> = {}): Promise<Reply> {
    return this.post('/ui/local', {
      username: user.includes('@') ? user : `${user}@example.org`,
      password,
      ...more,
    })
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Reply> {
    return this.send('GET', path, headers)
  }

  post(path: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Reply> {
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const referer = this.#always === TLS ? { referer: `${this.#base.replace('http:', 'https:')}/` } : {}
    return this.send('POST', path, { ...type, ...referer, ...headers }, new URLSearchParams(fields).toString())
  }

  /** With the token that a form of ours would hold. */
  form(path: string, fields: Record<string, string>): Promise<Reply> {
    return this.post(path, { ...fields, csrfmiddlewaretoken: this.cookies.get('csrftoken') ?? '' })
  }

  /** Sends the form of a page, with what somebody filled in. */
  submit(page: Reply, filled: Record<string, string> = {}, headers: Record<string, string> = {}): Promise<Reply> {
    const [, action = ''] = /<form method="post" action="([^"]*)"/.exec(page.text) ?? []
    const inputs = page.text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)
    const fields = [...inputs].map(([, name = '', value = '']) => [textOf(name), textOf(value)] as const)
    return this.post(
      action.replace(/^.*(?=\/(?:ui|oauth2)\/)/, ''),
      { ...Object.fromEntries(fields), ...filled },
      headers,
    )
  }

  cookie(name: string): string | undefined {
    return this.cookies.get(name)
  }

  /** @param path below the base, or a whole address. */
  async send(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Reply> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const reply = await send(method, path.startsWith('http') ? path : this.#base + path, {
      headers: { ...this.#always, ...(cookie === '' ? {} : { cookie }), ...headers },
      ...(body === undefined ? {} : { body }),
    })
    for (const line of reply.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(line) ?? []
      if (value === '') this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return reply
  }
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' }

function textOf(html: string): string {
  return html.replaceAll(/&(?:#x?([\da-f]+)|(\w+));/gi, (whole, code?: string, name?: string) =>
    code === undefined
      ? (ENTITIES[name ?? ''] ?? whole)
      : String.fromCodePoint(Number.parseInt(code, whole.startsWith('&#x') ? 16 : 10)),
  )
}
