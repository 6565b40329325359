import { isObject, readJson } from '../replay/json.ts'
import type { Expectation } from './expectation.ts'
import type { Answer, Outcome } from './wire.ts'

/** What is wrong with what came back. */
export interface Problem {
  readonly kind: '5xx' | 'change' | 'other'
  readonly text: string
}

const other = (text: string): Problem => ({ kind: 'other', text })

/** The feedback call's, where no mail can be sent. */
const NO_MAIL = 502

export function judge(outcome: Outcome, expectation: Expectation, method: string): Problem[] {
  switch (outcome.kind) {
    case 'hangs':
      return [other('neither an answer nor a close')]
    case 'gone':
      return [other(`the service is gone: ${outcome.reason}`)]
    case 'garbled':
      return [other(`an answer that is no HTTP: ${JSON.stringify(outcome.bytes.toString('latin1').slice(0, 300))}`)]
    case 'closed':
      return expectation.statuses === null ? [] : [other('closed without an answer')]
    case 'answered':
      return outcome.answers.flatMap((answer, index) => judgeAnswer(answer, index === 0 ? expectation : null, method))
  }
}

function judgeAnswer(answer: Answer, expectation: Expectation | null, method: string): Problem[] {
  const { status } = answer
  if (status >= 500 && status !== NO_MAIL) return [{ kind: '5xx', text: `${status} ${shown(answer)}` }]
  if (!expectation) return []
  const problems: Problem[] = []
  if (expectation.statuses && !expectation.statuses.includes(status))
    problems.push(other(`${status} instead of ${expectation.statuses.join(' or ')}: ${shown(answer)}`))
  // What is refused as no HTTP at all is refused before anybody knows whom it was for.
  const isFaultDue = expectation.isApi && expectation.statuses !== null && status >= 400 && method !== 'HEAD'
  if (isFaultDue) problems.push(...judgeFault(answer, expectation.isSilent))
  return problems
}

const shown = ({ body }: Answer): string => body.toString().slice(0, 300)

/** Overview, 7. */
function judgeFault(answer: Answer, isSilent: boolean): Problem[] {
  const { status, headers, body } = answer
  if (isSilent && status === 404) return body.length === 0 ? [] : [other('a body where none belongs')]
  const type = headers.get('content-type')
  const text = body.toString()
  const isFault = type === 'application/xml; charset=UTF-8' ? isXmlFault(text, status) : isJsonFault(text, status)
  const problems = isFault ? [] : [other(`${status} that is no fault of that code: ${shown(answer)}`)]
  if (!/^application\/(?:json|xml); charset=UTF-8$/.test(type ?? '')) problems.push(other(`a fault of type ${type}`))
  if (headers.get('content-length') !== String(body.length)) problems.push(other('a fault without its length'))
  return problems
}

function isXmlFault(text: string, status: number): boolean {
  const match =
    /^<\?xml version="1\.0" encoding="UTF-8"\?>\s*<(\w+) xmlns="[^"]+" code="(\d+)">\s*<message>[^<]*<\/message>\s*<details>[^<]*<\/details>\s*<\/\1>\s*$/.exec(
      text,
    )
  return match !== null && Number(match[2]) === status
}

function isJsonFault(text: string, status: number): boolean {
  let document
  try {
    document = readJson(text)
  } catch {
    return false
  }
  const members = isObject(document) ? Object.values(document) : []
  const [fault] = members
  if (members.length !== 1 || !isObject(fault)) return false
  const { code, message, details, data } = fault
  const isKnown = typeof details === 'string' ? data === undefined : isObject(data)
  return code === BigInt(status) && typeof message === 'string' && isKnown
}
