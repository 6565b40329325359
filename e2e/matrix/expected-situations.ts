import { table, type Table } from './table.ts'

/**
 * What memberships depend on beside their states and who asks. `members` is the limit: `taken` is as many as there are,
 * suspended ones with them, and `one more` is that and one. Typed by hand from the membership specification, 2, 5, 6
 * and 7; project specification, 12 (P-11) and 14.
 */
export const SITUATIONS: Table = table(`
                      project     join       leave      members   private
  moderated           active      moderated  auto       any       no
  auto                active      auto       moderated  any       no
  join closed         active      closed     auto       any       no
  leave closed        active      auto       closed     any       no
  closed              active      closed     closed     any       no
  last place          active      auto       moderated  one more  no
  full                active      moderated  auto       taken     no
  full, auto          active      auto       moderated  1         no
  full, closed        active      closed     closed     1         no
  private             active      moderated  moderated  any       yes
  suspended           suspended   moderated  auto       any       no
  suspended, auto     suspended   auto       moderated  any       no
  suspended, full     suspended   auto       moderated  1         no
  suspended, closed   suspended   closed     closed     any       no
  terminated          terminated  moderated  auto       any       no
  terminated, closed  terminated  closed     closed     1         no`)

/** Where the table of memberships says `yes`. */
export const OUTCOMES: Table = table(`
                      accept       reject     cancel     leave            remove
  moderated           accepted     rejected   cancelled  removed          removed
  auto                accepted     rejected   cancelled  leave_requested  removed
  join closed         join closed  rejected   cancelled  removed          removed
  leave closed        accepted     rejected   cancelled  leave closed     leave closed
  closed              join closed  rejected   cancelled  leave closed     leave closed
  last place          accepted     rejected   cancelled  leave_requested  removed
  full                full         rejected   cancelled  removed          removed
  full, auto          full         rejected   cancelled  leave_requested  removed
  full, closed        join closed  rejected   cancelled  leave closed     leave closed
  private             accepted     rejected   cancelled  leave_requested  removed
  suspended           accepted     rejected   cancelled  removed          removed
  suspended, auto     accepted     rejected   cancelled  leave_requested  removed
  suspended, full     full         rejected   cancelled  leave_requested  removed
  suspended, closed   join closed  rejected   cancelled  leave closed     leave closed
  terminated          not alive    not alive  not alive  not alive        not alive
  terminated, closed  not alive    not alive  not alive  not alive        not alive`)

/** Where the table of enroll says `yes`. */
export const ENROLLED: Table = table(`
                      none         requested    accepted        leave_requested  rejected     cancelled    removed
  moderated           accepted     accepted     member already  member already   accepted     accepted     accepted
  auto                accepted     accepted     member already  member already   accepted     accepted     accepted
  join closed         join closed  join closed  join closed     join closed      join closed  join closed  join closed
  leave closed        accepted     accepted     member already  member already   accepted     accepted     accepted
  closed              join closed  join closed  join closed     join closed      join closed  join closed  join closed
  last place          accepted     accepted     member already  member already   accepted     accepted     accepted
  full                full         full         full            full             full         full         full
  full, auto          full         full         full            full             full         full         full
  full, closed        join closed  join closed  join closed     join closed      join closed  join closed  join closed
  private             accepted     accepted     member already  member already   accepted     accepted     accepted
  suspended           accepted     accepted     member already  member already   accepted     accepted     accepted
  suspended, auto     accepted     accepted     member already  member already   accepted     accepted     accepted
  suspended, full     full         full         full            full             full         full         full
  suspended, closed   join closed  join closed  join closed     join closed      join closed  join closed  join closed
  terminated          not alive    not alive    not alive       not alive        not alive    not alive    not alive
  terminated, closed  not alive    not alive    not alive       not alive        not alive    not alive    not alive`)

/** Where the table of join says `yes`. M-7: what is full and automatic takes requests. */
export const JOINED: Table = table(`
                      none         requested    accepted     leave_requested  rejected     cancelled    removed
  moderated           requested    associated   associated   associated       requested    requested    requested
  auto                accepted     associated   associated   associated       accepted     accepted     accepted
  join closed         join closed  join closed  join closed  join closed      join closed  join closed  join closed
  leave closed        accepted     associated   associated   associated       accepted     accepted     accepted
  closed              join closed  join closed  join closed  join closed      join closed  join closed  join closed
  last place          accepted     associated   associated   associated       accepted     accepted     accepted
  full                requested    associated   associated   associated       requested    requested    requested
  full, auto          requested    associated   associated   associated       requested    requested    requested
  full, closed        join closed  join closed  join closed  join closed      join closed  join closed  join closed
  private             requested    associated   associated   associated       requested    requested    requested
  suspended           requested    associated   associated   associated       requested    requested    requested
  suspended, auto     accepted     associated   associated   associated       accepted     accepted     accepted
  suspended, full     requested    associated   associated   associated       requested    requested    requested
  suspended, closed   join closed  join closed  join closed  join closed      join closed  join closed  join closed
  terminated          not alive    not alive    not alive    not alive        not alive    not alive    not alive
  terminated, closed  not alive    not alive    not alive    not alive        not alive    not alive    not alive`)
