/**
 * What a refusal is, by the word that stands for it in the tables. Typed from the specification: overview, 3 and 7;
 * projects, 3.1, 5.1, 8, 9 and 10; memberships, 4.2, 5 and 6.
 */
export interface Refusal {
  readonly status: 401 | 403 | 404 | 409
  readonly fault: 'unauthorized' | 'forbidden' | 'itemNotFound' | 'conflict'
  /** In braces what differs from cell to cell. */
  readonly message: string
}

const conflict = (message: string): Refusal => ({ status: 409, fault: 'conflict', message })
const notFound = (message: string): Refusal => ({ status: 404, fault: 'itemNotFound', message })

export const REFUSALS: Readonly<Record<string, Refusal>> = {
  'no token': { status: 401, fault: 'unauthorized', message: 'Access denied. No authentication token' },
  'locked out': { status: 401, fault: 'unauthorized', message: 'User inactive' },
  forbidden: {
    status: 403,
    fault: 'forbidden',
    message: 'You do not have the permissions to perform this action.',
  },

  'no project': notFound('There is no project identified by {project}.'),
  'no application': notFound('There is no project application identified by {application}.'),

  uninitialized: conflict('Cannot modify an uninitialized project.'),
  'not alive': conflict('Project {project} is not alive.'),
  'is suspended': conflict('Project {project} is suspended.'),
  'not suspended': conflict('Project {project} is not suspended.'),
  'not terminated': conflict('Project {project} is not terminated.'),
  'name taken': conflict("cannot approve: project with name '{name}' already exists (id: {other})"),
  'is a system project': conflict('Cannot terminate: {project} is a system project.'),
  'fixed fields': conflict("Cannot modify fields 'owner', 'name', 'homepage', and 'description' of a system project."),

  'not the last': conflict('{application} is not a pending application for project {project}.'),
  'is pending': conflict("Cannot {action} application {application} in state 'Pending review'"),
  'is approved': conflict("Cannot {action} application {application} in state 'Approved'"),
  'is denied': conflict("Cannot {action} application {application} in state 'Denied'"),
  'is dismissed': conflict("Cannot {action} application {application} in state 'Dismissed'"),
  'is cancelled': conflict("Cannot {action} application {application} in state 'Cancelled'"),

  'no request': conflict('This is not a valid membership request.'),
  'not accepted': conflict('This is not an accepted membership.'),
  'account inactive': conflict('User account is not active.'),
  'join closed': conflict("The Project's member join policy is closed."),
  'leave closed': conflict("The project's member leave policy is closed."),
  full: conflict('You have reached the maximum number of members for this Project.'),
  associated: conflict('Request or membership already exists.'),
  'member already': conflict('Membership already exists.'),
}
