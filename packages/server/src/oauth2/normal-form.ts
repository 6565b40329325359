const URI = /^([^:/?#]+):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(#.*)?$/s

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443', ftp: '21' }

/**
 * One spelling for all spellings of a URI: the host in lower case, no default port, neither dot segments nor empty ones,
 * no escapes that are not needed, parameters sorted and those without a value dropped. Source: OAuth2 specification, 5.
 */
export function normalForm(uri: string): string {
  const [, scheme = '', authority, path = '', query = '', fragment = ''] = URI.exec(uri) ?? []
  if (scheme === '') return uri
  const [name, host] = [scheme.toLowerCase(), authority === undefined ? '' : `//${authorityOf(authority, scheme)}`]
  const parameters = parametersOf(query)
  const search = parameters.length > 0 ? `?${parameters.join('&')}` : ''
  return `${name}:${host}${pathOf(path, authority !== undefined)}${search}${fragment}`
}

export function isSameUri(one: string, other: string): boolean {
  return normalForm(one) === normalForm(other)
}

function authorityOf(authority: string, scheme: string): string {
  const [, user = '', host = '', port = ''] = /^(.*@)?(.*?)(?::(\d*))?$/s.exec(authority) ?? []
  const isDefault = port === '' || port === DEFAULT_PORTS[scheme.toLowerCase()]
  return `${user}${host.toLowerCase()}${isDefault ? '' : `:${port}`}`
}

function pathOf(path: string, hasHost: boolean): string {
  const from = hasHost && path === '' ? '/' : path
  const isRooted = from.startsWith('/')
  const kept: string[] = []
  const segments = unescaped(from).split('/')
  for (const segment of segments) {
    if (segment === '..') kept.pop()
    else if (segment !== '.' && segment !== '') kept.push(segment)
  }
  const isFolder = ['', '.', '..'].includes(segments.at(-1) ?? '') && kept.length > 0
  return `${isRooted ? '/' : ''}${kept.join('/')}${isFolder ? '/' : ''}`
}

function parametersOf(query: string): string[] {
  return query
    .split('&')
    .filter((pair) => /=./s.test(pair))
    .map((pair) => unescaped(pair.replaceAll('+', '%20')))
    .sort()
}

/** Where an escape stands for a character that means the same without it. */
function unescaped(text: string): string {
  return text.replaceAll(/%[\da-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16))
    return /[\w.~-]/.test(character) ? character : escape.toUpperCase()
  })
}
