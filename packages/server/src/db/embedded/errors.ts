/** Why the embedded PostgreSQL is not there: a sentence for the person who started the service. */
export class EmbeddedError extends Error {
  override readonly name = 'EmbeddedError'
}
