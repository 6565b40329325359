/** Below the base, without the query; of a URL outside of the base, all of it. */
export function routeOf(url: string): string {
  return url.replace(/^<base>/, '').replace(/\?.*$/s, '')
}
