import { kindOf } from './allowed.ts'
import { playProjectsTogether } from './concurrent-projects.ts'
import { playTogether } from './concurrent.ts'
import { generateProjects } from './generate-projects.ts'
import { generate } from './generate.ts'
import type { Part } from './part.ts'
import { playProjects, projectListing } from './program-projects.ts'
import { listing, play } from './program.ts'
import { openProjectStage, PROJECT_SETTINGS } from './stage-projects.ts'
import { openStage } from './stage.ts'
import type { ProjectProgram } from './steps-projects.ts'
import type { Program } from './steps.ts'

/** Even numbers: what components charge, under limits that somebody sets. */
export const COMMISSIONS: Part<Program> = {
  settings: {},
  open: (databaseUrl) => openStage(databaseUrl),
  generate,
  play: (program, stage) => play(program, stage),
  listing: (program) => [`${program.through}, burst ${program.burst}`, ...listing(program)],
  async together(...game) {
    const { calls, problems } = await playTogether(...game)
    const answers = calls.map(
      ({ request, answer }) => `${request.kind} ${answer.status}${answer.replayed ? ' replayed' : ''}`,
    )
    return { answers, problems }
  },
}

/** Odd numbers: projects, who is in them, and what is charged there. */
export const PROJECTS: Part<ProjectProgram> = {
  settings: PROJECT_SETTINGS,
  open: openProjectStage,
  generate: generateProjects,
  play: (program, stage) => playProjects(program, stage),
  listing: projectListing,
  async together(...game) {
    const { calls, problems } = await playProjectsTogether(...game)
    return { answers: calls.map(({ request, answer }) => `${kindOf(request)} ${answer.status}`), problems }
  },
}
