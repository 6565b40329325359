import type { Socket } from 'node:net'
import { faultJson } from './fault.ts'
import { CONTENT_TYPES } from './negotiation.ts'

interface ParserError extends Error {
  readonly code?: string
}

/** What never became a request has no format of its own: the fault is JSON, and the connection ends. */
export function refuseUnparsed(error: ParserError, socket: Socket): void {
  if (socket.destroyed) return
  // A client that hung up hears nothing.
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, reason, message] = refusalOf(error)
  const body = faultJson({ fault: 'badRequest', status, message })
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: ${CONTENT_TYPES.json}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  )
}

function refusalOf({ code }: ParserError): [status: number, reason: string, message: string] {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return [408, 'Request Timeout', 'The request took too long to arrive']
  if (code === 'HPE_HEADER_OVERFLOW') return [431, 'Request Header Fields Too Large', 'The headers are too large']
  return [400, 'Bad Request', 'The request is no valid HTTP']
}
