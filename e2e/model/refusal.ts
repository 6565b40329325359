import { fault, plain } from './model.ts'
import type { Answer } from './steps.ts'

/** An answer that says no. */
export class Refusal extends Error {
  readonly answer: Answer

  constructor(status: number, message: string) {
    super(message)
    this.answer = plain(status, fault(NAMES[status] ?? '', status, message))
  }
}

const NAMES: Readonly<Record<number, string>> = {
  400: 'badRequest',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'itemNotFound',
  405: 'notAllowed',
  409: 'conflict',
}

export function refuse(status: number, message: string): never {
  throw new Refusal(status, message)
}

export const FORBIDDEN = 'You do not have the permissions to perform this action.'
