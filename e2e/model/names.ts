import { numberIn, textIn } from './answers.ts'
import type { ProjectModel } from './model-views.ts'
import type { Answer } from './steps.ts'
import type { Bound, Known, Named, Request } from './steps-projects.ts'

/** Nobody has it: ids are drawn from 1 on. */
const NOBODYS = 10n ** 15n

/** What the ids of a program turned out to be. */
export class Names implements Known {
  readonly #model: ProjectModel
  readonly #projects = new Map<number, string>()
  readonly #applications = new Map<number, bigint>()
  readonly #serials = new Map<number, bigint>()

  constructor(model: ProjectModel) {
    this.#model = model
  }

  learn(request: Request, answer: Answer): void {
    if (answer.status !== 201) return
    const [project, application, serial] = [
      textIn(answer, 'id'),
      numberIn(answer, 'application'),
      numberIn(answer, 'serial'),
    ]
    if (request.kind === 'create' && project !== null) this.#projects.set(request.id, project)
    if ((request.kind === 'create' || request.kind === 'modify') && application !== null)
      this.#applications.set(request.id, application)
    if (request.kind === 'charge' && serial !== null) this.#serials.set(request.id, serial)
  }

  project(ref: Named['project']): Bound['project'] {
    if ('system' in ref) return ref.system
    if ('unknown' in ref) return ref.unknown
    return this.#projects.get(ref.created) ?? `nothing-${ref.created}`
  }

  application(ref: Named['application']): Bound['application'] {
    return typeof ref === 'bigint' ? ref : (this.#applications.get(ref.submitted) ?? NOBODYS + BigInt(ref.submitted))
  }

  membership(ref: Named['membership']): Bound['membership'] {
    if (typeof ref === 'bigint') return ref
    return this.#model.projects.get(this.project(ref.project))?.members.get(ref.user)?.id ?? NOBODYS
  }

  serial(charge: Named['serial']): Bound['serial'] {
    return this.#serials.get(charge) ?? NOBODYS + BigInt(charge)
  }
}
