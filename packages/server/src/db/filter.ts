/** A condition on the parameter that stands where `?` does, and what is asked for; null or undefined: not asked for. */
export type Condition = readonly [condition: string, value: unknown]

/**
 * Only what is asked for stands in the statement, so that its plan can use the index that fits.
 *
 * @param from how many parameters there are already.
 */
export function where(from: number, conditions: readonly Condition[]): { text: string; values: unknown[] } {
  const given = conditions.filter(([, value]) => value !== null && value !== undefined)
  return {
    text: given.map(([condition], index) => ` and ${condition.replaceAll('?', `$${from + index + 1}`)}`).join(''),
    values: given.map(([, value]) => value),
  }
}
