export { parseFault, provisionOfFault } from './fault.ts'
export { parseExact, parseQuantities, stringifyExact } from './json.ts'
export { isUnlimited, UNLIMITED } from './quantity.ts'
export type * from './types.ts'
