import { z } from 'zod'

/** The body of an authentication; the message of the first broken rule is the answer's. Source: identity specification, 2.1. */

export const NO_CREDENTIALS = 'Malformed request: missing credentials'

const token = z.object({ id: z.unknown().optional() }, { error: '"token" should be a JSON dict' })

export const tokensBody = z.object(
  {
    auth: z.object(
      {
        token: token.optional(),
        // Beside a token it is not looked at, whatever it is.
        passwordCredentials: z.unknown().optional(),
        tenantName: z.unknown().optional(),
      },
      { error: ({ input }) => (input === undefined ? NO_CREDENTIALS : '"auth" should be a JSON dict') },
    ),
  },
  { error: 'Request should be a JSON dict' },
)
