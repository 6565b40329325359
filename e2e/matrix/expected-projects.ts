import { table, type Table } from './table.ts'

/**
 * Typed by hand from the project specification: 2.1, 3.1, 5.1, 8, 9 and 10.1.
 *
 * `whole` is the representation with `last_application`, `part` the one without. `submitted` is an answer of 201.
 * A state as a word is the one that follows. Nobody can be a member of what was never alive: there the member and the
 * former one have asked to join and were refused.
 */
export const PROJECTS: Readonly<Record<string, Table>> = {
  get: table(`
               uninitialized  active     suspended  terminated  deleted    private    name taken  unknown
    owner      whole          whole      whole      whole       whole      whole      whole       no project
    applicant  forbidden      part       forbidden  forbidden   forbidden  forbidden  forbidden   no project
    member     forbidden      part       part       part        forbidden  part       part        no project
    former     forbidden      part       forbidden  forbidden   forbidden  forbidden  forbidden   no project
    stranger   forbidden      part       forbidden  forbidden   forbidden  forbidden  forbidden   no project
    admin      whole          whole      whole      whole       whole      whole      whole       no project
    nobody     no token       no token   no token   no token    no token   no token   no token    no token`),

  modify: table(`
               uninitialized  active     suspended  terminated  deleted        private    name taken  unknown
    owner      uninitialized  submitted  submitted  submitted   uninitialized  submitted  submitted   no project
    applicant  forbidden      forbidden  forbidden  forbidden   forbidden      forbidden  forbidden   no project
    member     forbidden      forbidden  forbidden  forbidden   forbidden      forbidden  forbidden   no project
    former     forbidden      forbidden  forbidden  forbidden   forbidden      forbidden  forbidden   no project
    stranger   forbidden      forbidden  forbidden  forbidden   forbidden      forbidden  forbidden   no project
    admin      uninitialized  submitted  submitted  submitted   uninitialized  submitted  submitted   no project
    nobody     no token       no token   no token   no token    no token       no token   no token    no token`),

  suspend: table(`
               uninitialized  active     suspended     terminated  deleted    private    name taken  unknown
    owner      forbidden      forbidden  forbidden     forbidden   forbidden  forbidden  forbidden   no project
    applicant  forbidden      forbidden  forbidden     forbidden   forbidden  forbidden  forbidden   no project
    member     forbidden      forbidden  forbidden     forbidden   forbidden  forbidden  forbidden   no project
    former     forbidden      forbidden  forbidden     forbidden   forbidden  forbidden  forbidden   no project
    stranger   forbidden      forbidden  forbidden     forbidden   forbidden  forbidden  forbidden   no project
    admin      not alive      suspended  is suspended  not alive   not alive  suspended  not alive   no project
    nobody     no token       no token   no token      no token    no token   no token   no token    no token`),

  unsuspend: table(`
               uninitialized  active         suspended  terminated     deleted        private        name taken     unknown
    owner      forbidden      forbidden      forbidden  forbidden      forbidden      forbidden      forbidden      no project
    applicant  forbidden      forbidden      forbidden  forbidden      forbidden      forbidden      forbidden      no project
    member     forbidden      forbidden      forbidden  forbidden      forbidden      forbidden      forbidden      no project
    former     forbidden      forbidden      forbidden  forbidden      forbidden      forbidden      forbidden      no project
    stranger   forbidden      forbidden      forbidden  forbidden      forbidden      forbidden      forbidden      no project
    admin      not suspended  not suspended  active     not suspended  not suspended  not suspended  not suspended  no project
    nobody     no token       no token       no token   no token       no token       no token       no token       no token`),

  terminate: table(`
               uninitialized  active      suspended   terminated  deleted    private     name taken  unknown
    owner      forbidden      forbidden   forbidden   forbidden   forbidden  forbidden   forbidden   no project
    applicant  forbidden      forbidden   forbidden   forbidden   forbidden  forbidden   forbidden   no project
    member     forbidden      forbidden   forbidden   forbidden   forbidden  forbidden   forbidden   no project
    former     forbidden      forbidden   forbidden   forbidden   forbidden  forbidden   forbidden   no project
    stranger   forbidden      forbidden   forbidden   forbidden   forbidden  forbidden   forbidden   no project
    admin      not alive      terminated  terminated  not alive   not alive  terminated  not alive   no project
    nobody     no token       no token    no token    no token    no token   no token    no token    no token`),

  reinstate: table(`
               uninitialized   active          suspended       terminated  deleted         private         name taken  unknown
    owner      forbidden       forbidden       forbidden       forbidden   forbidden       forbidden       forbidden   no project
    applicant  forbidden       forbidden       forbidden       forbidden   forbidden       forbidden       forbidden   no project
    member     forbidden       forbidden       forbidden       forbidden   forbidden       forbidden       forbidden   no project
    former     forbidden       forbidden       forbidden       forbidden   forbidden       forbidden       forbidden   no project
    stranger   forbidden       forbidden       forbidden       forbidden   forbidden       forbidden       forbidden   no project
    admin      not terminated  not terminated  not terminated  active      not terminated  not terminated  name taken  no project
    nobody     no token        no token        no token        no token    no token        no token        no token    no token`),
}

/** Of a user's own project, which has no owner: the user is its only member. `rename` is a `modify` with a name. */
export const SYSTEM_PROJECTS: Readonly<Record<string, Table>> = {
  get: table(`
              active     suspended
    tenant    part       part
    stranger  forbidden  forbidden
    admin     part       part
    nobody    no token   no token`),

  modify: table(`
              active     suspended
    tenant    forbidden  forbidden
    stranger  forbidden  forbidden
    admin     submitted  submitted
    nobody    no token   no token`),

  rename: table(`
              active        suspended
    tenant    forbidden     forbidden
    stranger  forbidden     forbidden
    admin     fixed fields  fixed fields
    nobody    no token      no token`),

  suspend: table(`
              active     suspended
    tenant    forbidden  forbidden
    stranger  forbidden  forbidden
    admin     suspended  is suspended
    nobody    no token   no token`),

  unsuspend: table(`
              active         suspended
    tenant    forbidden      forbidden
    stranger  forbidden      forbidden
    admin     not suspended  active
    nobody    no token       no token`),

  terminate: table(`
              active               suspended
    tenant    forbidden            forbidden
    stranger  forbidden            forbidden
    admin     is a system project  is a system project
    nobody    no token             no token`),

  reinstate: table(`
              active          suspended
    tenant    forbidden       forbidden
    stranger  forbidden       forbidden
    admin     not terminated  not terminated
    nobody    no token        no token`),

  join: table(`
              active       suspended
    tenant    join closed  join closed
    stranger  join closed  join closed
    admin     join closed  join closed
    nobody    no token     no token`),

  enroll: table(`
              active       suspended
    tenant    forbidden    forbidden
    stranger  forbidden    forbidden
    admin     join closed  join closed
    nobody    no token     no token`),

  read: table(`
              active     suspended
    tenant    read       read
    stranger  forbidden  forbidden
    admin     read       read
    nobody    no token   no token`),

  leave: table(`
              active        suspended
    tenant    leave closed  leave closed
    stranger  forbidden     forbidden
    admin     leave closed  leave closed
    nobody    no token      no token`),

  remove: table(`
              active        suspended
    tenant    forbidden     forbidden
    stranger  forbidden     forbidden
    admin     leave closed  leave closed
    nobody    no token      no token`),

  accept: table(`
              active      suspended
    tenant    no request  no request
    stranger  no request  no request
    admin     no request  no request
    nobody    no token    no token`),

  reject: table(`
              active      suspended
    tenant    no request  no request
    stranger  no request  no request
    admin     no request  no request
    nobody    no token    no token`),

  cancel: table(`
              active      suspended
    tenant    no request  no request
    stranger  no request  no request
    admin     no request  no request
    nobody    no token    no token`),
}
