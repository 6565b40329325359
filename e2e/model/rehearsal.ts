import { ProjectModel } from './model-views.ts'
import { Names } from './names.ts'
import { bind, isAccount, type Step } from './steps-projects.ts'

/** What a program comes to if the service does what the model does. What is refused changes nothing. */
export class Rehearsal {
  readonly #model = new ProjectModel()
  readonly #names = new Names(this.#model)
  #count = 0

  /** @returns whether it is done. */
  take(step: Step): boolean {
    if (isAccount(step)) {
      const { isActive } = this.#model.user(step.user)
      this.#model[step.kind](step.user)
      return isActive === (step.kind === 'deactivate')
    }
    const request = bind(step, this.#names)
    const chosen = { id: step.kind === 'create' ? `project ${++this.#count}` : null }
    const answer = this.#model.request(request, { status: 200, body: chosen, replayed: false, key: null })
    this.#names.learn(request, answer)
    return answer.status < 400
  }
}
