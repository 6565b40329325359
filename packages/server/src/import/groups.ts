import { copy, type Import } from './copy.ts'
import { insertInto } from './target.ts'

const GROUPS = insertInto('groups', { id: 'bigint', name: 'text' })
const MEMBERS = insertInto('user_groups', { user_id: 'bigint', group_id: 'bigint' })

/** They are the roles that clients see. Source: database specification, `auth_group`. */
export async function copyGroups(to: Import): Promise<void> {
  await copy<{ id: number; name: string }, typeof GROUPS.columns>(to, {
    what: 'groups',
    from: 'auth_group',
    select: 'select id, name from auth_group order by id',
    into: GROUPS,
    row: ({ id, name }) => ({ id, name }),
  })
  await copy<{ id: number; user_id: number; group_id: number; is_plain: boolean }, typeof MEMBERS.columns>(to, {
    what: 'members of groups',
    from: 'auth_user_groups',
    select: `
      select g.id, g.user_id, g.group_id, a.user_ptr_id is null and u.id is not null as is_plain
        from auth_user_groups as g
        left join auth_user as u on u.id = g.user_id
        left join im_astakosuser as a on a.user_ptr_id = g.user_id
       order by g.id`,
    into: MEMBERS,
    row({ user_id, group_id, is_plain: isPlain }) {
      if (isPlain) to.notes.leaveOut('auth_user_groups', 'of those who have no account of Astakos')
      return isPlain ? null : { user_id, group_id }
    },
  })
}
