import type { Named } from './holding-ids.ts'
import type { EngineRequest } from './requests.ts'

/** The holdings that an issue names, as far as they exist. */
export function holdingsOf(request: EngineRequest, named: Named): bigint[] {
  return (named.get(request) ?? []).filter((id) => id !== undefined)
}

const INT64_MAX = 2n ** 63n - 1n

/** Any integer may be asked for; these alone can exist. */
export function serialsOf(request: EngineRequest): bigint[] {
  if (request.kind !== 'resolve') return []
  return [...request.accept, ...request.reject].filter((serial) => serial > 0n && serial <= INT64_MAX)
}
