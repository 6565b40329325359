import type { Json } from '../replay/json.ts'
import { PLACEHOLDER } from '../replay/placeholders.ts'
import { compare } from './compare.ts'
import type { Scope } from './scope.ts'

/** `Location` is resolved against the URL of the request, its query is a set, and so is the query inside of `next`. */
export function compareLocations(expected: string, actual: string, requestUrl: string, scope: Scope): string[] {
  const unbound: string[] = []
  const template = expected.replace(PLACEHOLDER, (whole) => {
    if (scope.isBound(whole)) return scope.text(whole)
    unbound.push(whole)
    return `placeholder-${unbound.length - 1}-`
  })
  return compare(partsOf(template, requestUrl, unbound), partsOf(actual, requestUrl), scope, UNORDERED, '$')
}

const UNORDERED = { unordered: ['$.query', '$.query[*][*].query'] }

function partsOf(location: string, requestUrl: string, unbound: readonly string[] = []): Json {
  const url = new URL(location, requestUrl)
  const restored = (text: string): string =>
    text.replaceAll(/placeholder-(\d+)-/g, (_, index: string) => unbound[Number(index)] ?? '')
  return {
    address: restored(`${url.protocol}//${url.host}${url.pathname}${url.hash}`),
    query: [...url.searchParams].map(([name, value]) => [
      restored(name),
      name === 'next' && URL.canParse(value, requestUrl) ? partsOf(value, requestUrl, unbound) : restored(value),
    ]),
  }
}
