import { pino, type Logger } from 'pino'

/**
 * Structured, on standard error. Of a request nothing is logged but its id, route, method and status: no header, no query
 * and no body, since each may hold a token. Of an error from PostgreSQL neither the values nor the row it was about.
 */
export function createLogger(level: string, worker?: number): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid, ...(worker === undefined ? {} : { worker }) },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describe },
    },
    pino.destination({ dest: 2, sync: true }),
  )
}

function describe(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: 'Something that is no error was thrown' }
  const { name, message, stack, cause } = error
  const { code } = error as { code?: unknown }
  return {
    type: name,
    // What PostgreSQL says may quote a value.
    message: 'severity' in error ? `PostgreSQL refused a statement: ${String(code)}` : message,
    ...(code === undefined ? {} : { code }),
    stack: stack
      ?.split('\n')
      .filter((line) => /^\s+at /.test(line))
      .join('\n'),
    ...(cause === undefined ? {} : { cause: describe(cause) }),
  }
}
