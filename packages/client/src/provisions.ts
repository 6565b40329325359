import { idOf, quantityOf } from './arguments.ts'
import type { Provision, QuantityInput, Uuid } from './wire/types.ts'

/**
 * The pair that one charge consists of: the member's half, then the project's. The service checks each half by itself
 * and does not ask for the other; send both.
 *
 * @param holder uuid of the user who is charged, bare.
 * @param source uuid of the project that pays, bare.
 * @param resource name, such as `cyclades.vm`.
 * @param quantity whole units; a negative one gives quota back.
 * @throws {BadValue} an id is missing or empty, or the quantity is no integer of 64 bits.
 *
 * @example
 * ```ts
 * mkProvisions(user, project, 'cyclades.vm', 1n)
 * ```
 *
 * Source: reference `mk_provisions`; client specification, 7.3.
 */
export function mkProvisions(
  holder: Uuid,
  source: Uuid,
  resource: string,
  quantity: QuantityInput,
): [Provision, Provision] {
  const user = idOf('mkProvisions', 'holder', holder)
  const project = `project:${idOf('mkProvisions', 'source', source)}`
  const charge = {
    resource: idOf('mkProvisions', 'resource', resource),
    quantity: quantityOf('mkProvisions', 'quantity', quantity),
  }
  return [
    { holder: `user:${user}`, source: project, ...charge },
    { holder: project, source: null, ...charge },
  ]
}
