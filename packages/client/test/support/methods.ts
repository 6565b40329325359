import { AstakosClient } from '../../src/client.ts'

/** The methods that ask the service for something, as they stand on the prototype: a table of tests has to have them all. */
export const METHODS: readonly string[] = Object.entries(Object.getOwnPropertyDescriptors(AstakosClient.prototype))
  .filter(([name, { value }]) => typeof value === 'function' && !['constructor', 'withToken', 'close'].includes(name))
  .map(([name]) => name)
  .sort()

/** Reads a stream to its end. */
export async function entriesOf<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const entries: T[] = []
  for await (const entry of stream) entries.push(entry)
  return entries
}
