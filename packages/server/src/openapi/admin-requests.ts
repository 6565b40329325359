import type { JsonSchema } from './schema.ts'

/** What is asked of the administration of users; code checks it, for its messages come in an order of their own. */

const NAME: JsonSchema = { type: 'string', minLength: 1, maxLength: 30, pattern: '\\S' }

const FIELDS: Readonly<Record<string, JsonSchema>> = {
  username: { type: 'string', maxLength: 254, description: 'The e-mail address; in lower case it is the login name.' },
  first_name: NAME,
  last_name: NAME,
  password: { type: 'string', minLength: 8, maxLength: 1024, description: 'None of those that are tried first.' },
  affiliation: { type: ['string', 'null'], maxLength: 255 },
  metadata: { type: 'object', description: 'At most 65536 characters of JSON.' },
}

const object = (properties: JsonSchema, required: readonly string[] = []): JsonSchema => ({
  type: 'object',
  properties,
  ...(required.length === 0 ? {} : { required }),
})

const REASON: JsonSchema = { type: 'string', maxLength: 4096, default: '' }

export const adminRequests: Readonly<Record<string, JsonSchema>> = {
  NewUser: object(
    {
      user: object({ ...FIELDS, password: { ...FIELDS['password'], type: ['string', 'null'] } }, [
        'username',
        'first_name',
        'last_name',
      ]),
    },
    ['user'],
  ),
  UserChanges: object({ user: object(FIELDS) }),
  UserAction: {
    ...object({
      activate: {},
      deactivate: object({ reason: REASON }),
      renewToken: {},
      signTerms: {},
      setDefaultProject: object({ project_id: { type: 'string' } }, ['project_id']),
    }),
    description: 'Exactly one of them; what the others beside these two are set to does not matter.',
    oneOf: ['activate', 'deactivate', 'renewToken', 'signTerms', 'setDefaultProject'].map((name) => ({
      required: [name],
    })),
  },
}
