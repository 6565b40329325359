/** Every page that people get to see. Each has to be looked at by some flow. */
export const PAGES = [
  'sign in',
  'sign in, refused',
  'sign in, too often',
  'landing',
  'API access',
  'terms',
  'terms to agree to',
  'consent',
  'sign up',
  'sign up, refused',
  'sign up, mailed',
  'address proved',
  'address not proved',
  'forgotten password',
  'forgotten password, mailed',
  'new password',
  'new password, refused',
  'new password, too late',
  'not found',
  'forbidden',
] as const

export type PageName = (typeof PAGES)[number]
