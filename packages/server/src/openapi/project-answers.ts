import { z } from 'zod'
import { APPLICATION_STATES } from '../projects/application-machine.ts'
import { MEMBERSHIP_ACTIONS, MEMBERSHIP_STATES } from '../projects/membership-machine.ts'
import { PROJECT_STATES } from '../projects/project-machine.ts'
import { ref, schemaOf, type JsonSchema } from './schema.ts'

/** Projects, applications and memberships as they are answered. Source: project specification, 4; membership specification, 3. */

const int64 = z.int64()
const uuid = z.string()
const date = z.string().meta({ format: 'date-time' })
const policy = z.enum(['auto', 'moderated', 'closed'])

const resources = z
  .record(z.string(), z.object({ project_capacity: int64, member_capacity: int64 }))
  .meta({ description: 'By the name of the resource; those alone that the API shows' })

const application = z.object({
  id: int64,
  state: z.enum(APPLICATION_STATES),
  name: z.string().nullable(),
  owner: uuid.nullable(),
  applicant: uuid,
  homepage: z.string().nullable(),
  description: z.string().nullable(),
  start_date: date.nullable(),
  end_date: date.nullable(),
  comments: z.string().nullable(),
  join_policy: policy.nullable(),
  leave_policy: policy.nullable(),
  max_members: int64.nullable(),
  private: z.boolean().nullable(),
  resources,
})

const project = z.object({
  id: uuid,
  state: z.enum(PROJECT_STATES),
  creation_date: date,
  name: z.string(),
  owner: uuid.nullable().meta({ description: 'Null: a system project' }),
  homepage: z.string(),
  description: z.string(),
  end_date: date,
  join_policy: policy,
  leave_policy: policy,
  max_members: int64.meta({ description: '9223372036854775807: any number' }),
  private: z.boolean(),
  system_project: z.boolean(),
  resources,
  last_application: application.optional(),
  deactivation_date: date.optional(),
})

const membership = z.object({
  id: int64,
  user: uuid,
  project: uuid,
  state: z.enum(MEMBERSHIP_STATES),
  allowed_actions: z.array(z.enum(MEMBERSHIP_ACTIONS)),
  ...Object.fromEntries(MEMBERSHIP_STATES.map((state) => [state, date.optional()])),
})

/** It has a name of its own wherever it stands. */
const named = new Map<z.core.$ZodType, JsonSchema>([[application, ref('Application')]])

export const projectAnswers: Readonly<Record<string, JsonSchema>> = {
  Project: {
    ...schemaOf(project, named),
    description:
      'As it is now; what is asked for stands in `last_application`. That and `deactivation_date`, when it was last ' +
      'suspended or terminated, are for its owner and administrators, if there is any.',
  },
  Application: {
    ...schemaOf(application),
    description: 'What is asked for. Null in one that changes a project: it stays as it is.',
  },
  Projects: { type: 'array', items: ref('Project') },
  Submitted: schemaOf(z.object({ id: uuid, application: int64 })),
  Membership: {
    ...schemaOf(membership),
    description:
      'Named after each state that it was in: the date of the last change to it. `allowed_actions` are those that the ' +
      'caller could take now.',
  },
  Memberships: { type: 'array', items: ref('Membership') },
  Begun: schemaOf(z.object({ id: int64 })),
}
