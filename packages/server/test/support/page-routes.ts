import type { Route } from '../../src/http/call.ts'
import { routes } from '../../src/routes/index.ts'

/** What browsers see, as the service lists it: a page that is added is tried, too. */
export const PAGES: readonly Route[] = routes.filter(({ kind }) => kind === 'page')

/** Where those are that answer the method; parameters of the path are 1. */
export function pagesWith(method: string): string[] {
  return PAGES.filter(({ methods }) => methods[method]).map(pathOf)
}

export function pathOf({ path }: Route): string {
  return path.replaceAll(/:\w+(?:\([^)]*\))?/g, '1')
}
