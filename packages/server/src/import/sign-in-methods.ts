import { copy, type Import } from './copy.ts'
import { metadataOf } from './metadata.ts'
import { insertInto } from './target.ts'

const METHODS = insertInto('sign_in_methods', {
  id: 'bigint',
  user_id: 'bigint',
  module: 'text',
  identifier: 'text',
  active: 'boolean',
  affiliation: 'text',
  backend: 'text',
  metadata: 'jsonb',
  created: 'timestamptz',
  last_login: 'timestamptz',
})

interface Row {
  readonly id: number
  readonly user_id: number
  readonly module: string
  readonly identifier: string
  readonly active: boolean
  readonly affiliation: string | null
  readonly auth_backend: string | null
  readonly info_data: string | null
  readonly created: string
  readonly last_login_at: string | null
}

/** Other ways to sign in than a password: kept, though nobody comes in that way here. Source: database specification. */
export async function copySignInMethods(to: Import): Promise<void> {
  await copy<Row, typeof METHODS.columns>(to, {
    what: 'other ways to sign in',
    from: 'im_astakosuserauthprovider',
    select: `
      select id, user_id, module, identifier, active, affiliation, auth_backend, info_data, created::text,
             last_login_at::text
        from im_astakosuserauthprovider
       where module <> 'local'
       order by id`,
    into: METHODS,
    row: ({ auth_backend: backend, info_data: data, last_login_at: last_login, ...row }) => ({
      ...row,
      backend: backend ?? 'astakos',
      metadata: metadataOf(to.notes, 'other ways to sign in', data),
      last_login,
    }),
  })
  const without = await to.source.count(
    'auth_user as u',
    `u.is_active and exists (select 1 from im_astakosuserauthprovider as p where p.user_id = u.id)
     and not exists (select 1 from im_astakosuserauthprovider as p
                      where p.user_id = u.id and p.module = 'local' and p.active)`,
  )
  if (without > 0)
    to.notes.steps.push(
      `${without} active users have no local way to sign in: they set a password at ui/password_reset, or an operator does; their tokens work`,
    )
}
