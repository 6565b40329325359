import { checkFields } from '../http/form.ts'

/** The fields of a form, or null where the message is missing. Source: identity specification, 4. @throws {Fault} 400 */
export async function feedbackOf(
  body: Buffer | undefined,
  contentType: string | undefined,
): Promise<{ message: string; data: string } | null> {
  const form = await formOf(body, contentType)
  // Of several fields with one name the last counts. Overview, 4.
  const message = form?.getAll('feedback_msg').at(-1)
  if (!form || typeof message !== 'string' || message === '') return null
  const data = form.getAll('feedback_data').at(-1)
  return { message, data: typeof data === 'string' ? data : '' }
}

const FORMS = /^(?:application\/x-www-form-urlencoded|multipart\/form-data)\s*(?:;|$)/i

/** I-9: the original's client labels its form as bytes; it is read all the same. */
const UNLABELLED = 'application/octet-stream'

async function formOf(body: Buffer | undefined, contentType: string | undefined): Promise<FormData | null> {
  if (!body || contentType === undefined) return null
  const isUnlabelled = contentType.trim().toLowerCase() === UNLABELLED
  if (!isUnlabelled && !FORMS.test(contentType)) return null
  const type = isUnlabelled ? 'application/x-www-form-urlencoded' : contentType
  if (!/^multipart/i.test(type)) checkFields(body.toString('latin1'))
  // Node's own reader of forms.
  return new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData().catch(() => null)
}
