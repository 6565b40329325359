/** Whether a text has no half of a surrogate pair, which PostgreSQL can't store. */
export function isWellFormed(text: string): boolean {
  return !/[\ud800-\udfff]/u.test(text)
}
