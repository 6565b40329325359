import { table, type Table } from './table.ts'

/**
 * Typed by hand from the membership specification: 2, 4.2, 5, 6 and 7.
 *
 * `self` is whose membership it is; the other member and the former one have their own. Whoever is suspended or `asleep`
 * has an account that was deactivated: the one is a suspended member, the other has a request (or, of `enroll`, nothing).
 * `yes`: the situation decides.
 */
export const MEMBERSHIPS: Readonly<Record<string, Table>> = {
  read: table(`
               requested  accepted   leave_requested  suspended   rejected   cancelled  removed    asleep
    owner      read       read       read             read        read       read       read       read
    applicant  forbidden  forbidden  forbidden        forbidden   forbidden  forbidden  forbidden  forbidden
    self       read       read       read             locked out  read       read       read       locked out
    member     forbidden  forbidden  forbidden        forbidden   forbidden  forbidden  forbidden  forbidden
    former     forbidden  forbidden  forbidden        forbidden   forbidden  forbidden  forbidden  forbidden
    stranger   forbidden  forbidden  forbidden        forbidden   forbidden  forbidden  forbidden  forbidden
    admin      read       read       read             read        read       read       read       read
    nobody     no token   no token   no token         no token    no token   no token   no token   no token`),

  accept: table(`
               requested  accepted    leave_requested  suspended   rejected    cancelled   removed     asleep
    owner      yes        no request  no request       no request  no request  no request  no request  account inactive
    applicant  forbidden  no request  no request       no request  no request  no request  no request  account inactive
    self       forbidden  no request  no request       locked out  no request  no request  no request  locked out
    member     forbidden  no request  no request       no request  no request  no request  no request  account inactive
    former     forbidden  no request  no request       no request  no request  no request  no request  account inactive
    stranger   forbidden  no request  no request       no request  no request  no request  no request  account inactive
    admin      yes        no request  no request       no request  no request  no request  no request  account inactive
    nobody     no token   no token    no token         no token    no token    no token    no token    no token`),

  reject: table(`
               requested  accepted    leave_requested  suspended   rejected    cancelled   removed     asleep
    owner      yes        no request  no request       no request  no request  no request  no request  yes
    applicant  forbidden  no request  no request       no request  no request  no request  no request  forbidden
    self       forbidden  no request  no request       locked out  no request  no request  no request  locked out
    member     forbidden  no request  no request       no request  no request  no request  no request  forbidden
    former     forbidden  no request  no request       no request  no request  no request  no request  forbidden
    stranger   forbidden  no request  no request       no request  no request  no request  no request  forbidden
    admin      yes        no request  no request       no request  no request  no request  no request  yes
    nobody     no token   no token    no token         no token    no token    no token    no token    no token`),

  cancel: table(`
               requested  accepted    leave_requested  suspended   rejected    cancelled   removed     asleep
    owner      forbidden  no request  no request       no request  no request  no request  no request  forbidden
    applicant  forbidden  no request  no request       no request  no request  no request  no request  forbidden
    self       yes        no request  no request       locked out  no request  no request  no request  locked out
    member     forbidden  no request  no request       no request  no request  no request  no request  forbidden
    former     forbidden  no request  no request       no request  no request  no request  no request  forbidden
    stranger   forbidden  no request  no request       no request  no request  no request  no request  forbidden
    admin      yes        no request  no request       no request  no request  no request  no request  yes
    nobody     no token   no token    no token         no token    no token    no token    no token    no token`),

  leave: table(`
               requested     accepted   leave_requested  suspended   rejected      cancelled     removed       asleep
    owner      not accepted  forbidden  forbidden        forbidden   not accepted  not accepted  not accepted  not accepted
    applicant  not accepted  forbidden  forbidden        forbidden   not accepted  not accepted  not accepted  not accepted
    self       not accepted  yes        yes              locked out  not accepted  not accepted  not accepted  locked out
    member     not accepted  forbidden  forbidden        forbidden   not accepted  not accepted  not accepted  not accepted
    former     not accepted  forbidden  forbidden        forbidden   not accepted  not accepted  not accepted  not accepted
    stranger   not accepted  forbidden  forbidden        forbidden   not accepted  not accepted  not accepted  not accepted
    admin      not accepted  yes        yes              yes         not accepted  not accepted  not accepted  not accepted
    nobody     no token      no token   no token         no token    no token      no token      no token      no token`),

  remove: table(`
               requested     accepted   leave_requested  suspended   rejected      cancelled     removed       asleep
    owner      not accepted  yes        yes              yes         not accepted  not accepted  not accepted  not accepted
    applicant  not accepted  forbidden  forbidden        forbidden   not accepted  not accepted  not accepted  not accepted
    self       not accepted  forbidden  forbidden        locked out  not accepted  not accepted  not accepted  locked out
    member     not accepted  forbidden  forbidden        forbidden   not accepted  not accepted  not accepted  not accepted
    former     not accepted  forbidden  forbidden        forbidden   not accepted  not accepted  not accepted  not accepted
    stranger   not accepted  forbidden  forbidden        forbidden   not accepted  not accepted  not accepted  not accepted
    admin      not accepted  yes        yes              yes         not accepted  not accepted  not accepted  not accepted
    nobody     no token      no token   no token         no token    no token      no token      no token      no token`),
}

/** An unknown address is not among the columns: whose account does not work is found out before who may enroll. */
export const ENROLL: Table = table(`
             none       requested  accepted   leave_requested  suspended         rejected   cancelled  removed    asleep
  owner      yes        yes        yes        yes              account inactive  yes        yes        yes        account inactive
  applicant  forbidden  forbidden  forbidden  forbidden        account inactive  forbidden  forbidden  forbidden  account inactive
  self       forbidden  forbidden  forbidden  forbidden        locked out        forbidden  forbidden  forbidden  locked out
  member     forbidden  forbidden  forbidden  forbidden        account inactive  forbidden  forbidden  forbidden  account inactive
  former     forbidden  forbidden  forbidden  forbidden        account inactive  forbidden  forbidden  forbidden  account inactive
  stranger   forbidden  forbidden  forbidden  forbidden        account inactive  forbidden  forbidden  forbidden  account inactive
  admin      yes        yes        yes        yes              account inactive  yes        yes        yes        account inactive
  nobody     no token   no token   no token   no token         no token          no token   no token   no token   no token`)

/** The caller joins, and the state is that of the caller's own membership. `other`: nobody special. */
export const JOIN: Table = table(`
             none      requested  accepted  leave_requested  suspended   rejected  cancelled  removed
  owner      yes       yes        yes       yes              locked out  yes       yes        yes
  applicant  yes       yes        yes       yes              locked out  yes       yes        yes
  other      yes       yes        yes       yes              locked out  yes       yes        yes
  admin      yes       yes        yes       yes              locked out  yes       yes        yes
  nobody     no token  no token   no token  no token         no token    no token  no token   no token`)

/** No membership is there, since nobody could join: `enroll` is about an outsider whose account works. */
export const NEVER_ALIVE: Readonly<Record<string, Table>> = {
  join: table(`
               uninitialized  deleted
    owner      not alive      not alive
    applicant  not alive      not alive
    stranger   not alive      not alive
    admin      not alive      not alive
    nobody     no token       no token`),

  enroll: table(`
               uninitialized  deleted
    owner      not alive      not alive
    applicant  forbidden      forbidden
    stranger   forbidden      forbidden
    admin      not alive      not alive
    nobody     no token       no token`),
}
