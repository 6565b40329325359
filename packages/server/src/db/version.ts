/** The oldest PostgreSQL that works: unique constraints over nulls are of 15. */
export const MAJOR_MIN = 15
