import { writeJson, type Json } from './json.ts'
import type { Bindings } from './placeholders.ts'
import type { RecordedResponse } from './transcripts.ts'

/** A recorded answer with its placeholders filled in. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** What the body says; absent where it is no JSON. */
  readonly document?: Json
}

/** Of HTML pages only the status was recorded. */
const PAGE = '<!DOCTYPE html>\n<title>A page</title>\n'

export function answerOf(response: RecordedResponse, bindings: Bindings): Answer {
  const status = Number(response.status)
  const headers = bindings.texts(response.headers)
  if (response.json !== undefined) {
    const document = bindings.json(response.json)
    return { status, headers, document, body: writeJson(document) }
  }
  if (response.jsonp !== undefined) {
    const { callback, json } = response.jsonp
    return { status, headers, body: `${callback}(${writeJson(bindings.json(json))})` }
  }
  const text = response.text === undefined ? '' : bindings.text(response.text)
  return { status, headers, body: response.html ? PAGE : text }
}
