import type { z } from 'zod'
import { APPLICATION_ACTIONS } from '../projects/application-actions.ts'
import { MEMBERSHIP_ACTIONS } from '../projects/membership-machine.ts'
import { PROJECT_ACTIONS } from '../projects/project-actions.ts'
import { creation, modification, quantity, withOwner } from '../routes/project-schemas.ts'
import { INT64, schemaOf, type JsonSchema } from './schema.ts'

/** What is asked of projects and memberships: schemas that check bodies, and for what code checks, what it says. */

const LABEL = '[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?'

const NAME: JsonSchema = {
  type: 'string',
  maxLength: 80,
  pattern: `^(${LABEL}\\.)+[a-zA-Z]{2,6}$`,
  description: 'In the form of a domain name.',
}
const DATE: JsonSchema = {
  type: 'string',
  description: 'With its zone, as `2030-12-31T00:00:00Z`; parts need not be padded, seconds may be missing.',
}
const FUTURE: JsonSchema = { ...DATE, description: `In the future. ${DATE['description'] as string}` }
const LIMIT: JsonSchema = { ...INT64, minimum: 0 }

const RESOURCES: JsonSchema = {
  type: 'object',
  description:
    'By the name of a resource that the API shows. What a project has is not less than what a member may have.',
  additionalProperties: {
    type: 'object',
    properties: { project_capacity: LIMIT, member_capacity: LIMIT },
    required: ['project_capacity', 'member_capacity'],
  },
}

const orNull = ({ type, ...rest }: JsonSchema): JsonSchema => ({ ...rest, type: [type, 'null'] })
const text = (maxLength: number): JsonSchema => ({ type: ['string', 'null'], maxLength })

const { shape: created } = creation
const { shape: modified } = modification
const { owner } = withOwner.shape

const said = new Map<z.core.$ZodType, JsonSchema>([
  [owner, { type: ['string', 'null'], description: 'The uuid of a user.' }],
  [
    quantity,
    {
      anyOf: [
        LIMIT,
        {
          type: 'string',
          pattern: '^(inf|infinite|\\d+(\\.\\d*)?\\s*([kKmMgGtTpP]([iI]?[bB])?|[bB][yY][tT][eE][sS])?\\s*)$',
        },
      ],
      description: 'A number, also as a text with a unit; at most 9223372036854775807, which is any number.',
    },
  ],
  [created.name, NAME],
  [created.end_date, FUTURE],
  ...[created, modified].flatMap(
    (shape) =>
      [
        [shape.homepage, text(255)],
        [shape.description, text(4096)],
        [shape.comments, text(4096)],
        [shape.resources, RESOURCES],
        [shape.start_date, orNull(DATE)],
      ] as const,
  ),
  [modified.name, orNull(NAME)],
  [modified.end_date, orNull(FUTURE)],
])

// A default that no JavaScript number can be has no JSON either.
const newProject = creation.extend({ owner, max_members: created.max_members.unwrap().optional() })

const REASON: JsonSchema = { description: 'For the log and for mails: text, but anything is taken.' }

const exactlyOne = (properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  type: 'object',
  description: 'Exactly one of them; other keys do not matter.',
  properties,
  oneOf: Object.keys(properties).map((name) => ({ required: [name] })),
})

const ofEach = (names: readonly string[], schema: JsonSchema): Record<string, JsonSchema> =>
  Object.fromEntries(names.map((name) => [name, schema]))

const ofProject: JsonSchema = { type: 'object', properties: { reason: REASON } }
const ofApplication: JsonSchema = {
  type: 'object',
  properties: {
    reason: REASON,
    app_id: { anyOf: [INT64, { type: 'string', pattern: '^-?\\d{1,100}$' }], description: 'The application.' },
  },
  required: ['app_id'],
}

const PROJECT: JsonSchema = { type: ['string', 'integer'], description: 'Its uuid; a number is that of no project.' }

export const projectRequests: Readonly<Record<string, JsonSchema>> = {
  NewProject: schemaOf(newProject, said),
  ProjectChanges: {
    ...schemaOf(modification.extend({ owner }), said),
    description: 'What is missing or null stays as it is; of the resources, what is not named.',
  },
  ProjectAction: exactlyOne({ ...ofEach(PROJECT_ACTIONS, ofProject), ...ofEach(APPLICATION_ACTIONS, ofApplication) }),
  JoinOrEnroll: exactlyOne({
    join: { type: 'object', properties: { project: PROJECT }, required: ['project'] },
    enroll: {
      type: 'object',
      properties: { project: PROJECT, user: { type: 'string', description: 'The address of a user.' } },
      required: ['project', 'user'],
    },
  }),
  MembershipAction: exactlyOne(ofEach(MEMBERSHIP_ACTIONS, REASON)),
}
