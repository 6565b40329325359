import { openStage, type Stage } from './stage.ts'
import { ADMIN, makeProjectUniverse } from './universe-projects.ts'

/** Where programs of projects are played. */
export function openProjectStage(databaseUrl: string | null): Promise<Stage> {
  return openStage(databaseUrl, { make: makeProjectUniverse, settings: PROJECT_SETTINGS })
}

export const PROJECT_SETTINGS = { projectAdmins: [ADMIN] }
