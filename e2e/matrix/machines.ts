import { firstApplications, modifications, takenNames } from './applications.ts'
import { joins, neverAlive } from './joins.ts'
import type { Machine } from './matrix.ts'
import { ALL_SITUATIONS, enrolments, memberships } from './memberships.ts'
import { projects } from './projects.ts'
import { systemProjects } from './system-projects.ts'

/** All there is to be played. @param situations of memberships; the default is all. */
export function allMachines(situations: readonly string[] = ALL_SITUATIONS): Machine[] {
  return [
    projects(),
    systemProjects(),
    firstApplications(),
    modifications(),
    takenNames(),
    memberships(situations),
    enrolments(situations),
    joins(situations),
    neverAlive(),
  ]
}
