/** 2^63 - 1: what the service calls unlimited. */
export const UNLIMITED: 9223372036854775807n = 9223372036854775807n

export function isUnlimited(quantity: bigint): boolean {
  return quantity === UNLIMITED
}
