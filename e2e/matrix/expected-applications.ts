import { table, type Table } from './table.ts'

/**
 * Typed by hand from the project specification: 2.2, 3.1 and 10.2. A state of applications as a word is the one that
 * follows.
 */

/**
 * The first application of a project, submitted by the applicant for the owner. `owner's`: the owner submitted it, and
 * the applicant of the other columns is anybody. `elsewhere`: the address names another project; `nowhere`: none.
 */
export const FIRST_APPLICATIONS: Readonly<Record<string, Table>> = {
  approve: table(`
               pending    name taken  owner's    approved     denied     owner's denied  dismissed     cancelled     unknown         elsewhere     nowhere
    owner      forbidden  forbidden   forbidden  forbidden    forbidden  forbidden       forbidden     forbidden     no application  not the last  not the last
    applicant  forbidden  forbidden   forbidden  forbidden    forbidden  forbidden       forbidden     forbidden     no application  not the last  not the last
    member     forbidden  forbidden   forbidden  forbidden    forbidden  forbidden       forbidden     forbidden     no application  not the last  not the last
    former     forbidden  forbidden   forbidden  forbidden    forbidden  forbidden       forbidden     forbidden     no application  not the last  not the last
    stranger   forbidden  forbidden   forbidden  forbidden    forbidden  forbidden       forbidden     forbidden     no application  not the last  not the last
    admin      approved   name taken  approved   is approved  is denied  is denied       is dismissed  is cancelled  no application  not the last  not the last
    nobody     no token   no token    no token   no token     no token   no token        no token      no token      no token        no token      no token`),

  deny: table(`
               pending    name taken  owner's    approved     denied     owner's denied  dismissed     cancelled     unknown         elsewhere     nowhere
    owner      forbidden  forbidden   forbidden  forbidden    forbidden  forbidden       forbidden     forbidden     no application  not the last  not the last
    applicant  forbidden  forbidden   forbidden  forbidden    forbidden  forbidden       forbidden     forbidden     no application  not the last  not the last
    member     forbidden  forbidden   forbidden  forbidden    forbidden  forbidden       forbidden     forbidden     no application  not the last  not the last
    former     forbidden  forbidden   forbidden  forbidden    forbidden  forbidden       forbidden     forbidden     no application  not the last  not the last
    stranger   forbidden  forbidden   forbidden  forbidden    forbidden  forbidden       forbidden     forbidden     no application  not the last  not the last
    admin      denied     denied      denied     is approved  is denied  is denied       is dismissed  is cancelled  no application  not the last  not the last
    nobody     no token   no token    no token   no token     no token   no token        no token      no token      no token        no token      no token`),

  cancel: table(`
               pending    name taken  owner's    approved     denied     owner's denied  dismissed     cancelled     unknown         elsewhere     nowhere
    owner      forbidden  forbidden   cancelled  forbidden    forbidden  is denied       forbidden     forbidden     no application  not the last  not the last
    applicant  cancelled  cancelled   forbidden  is approved  is denied  forbidden       is dismissed  is cancelled  no application  not the last  not the last
    member     forbidden  forbidden   forbidden  forbidden    forbidden  forbidden       forbidden     forbidden     no application  not the last  not the last
    former     forbidden  forbidden   forbidden  forbidden    forbidden  forbidden       forbidden     forbidden     no application  not the last  not the last
    stranger   forbidden  forbidden   forbidden  forbidden    forbidden  forbidden       forbidden     forbidden     no application  not the last  not the last
    admin      cancelled  cancelled   cancelled  is approved  is denied  is denied       is dismissed  is cancelled  no application  not the last  not the last
    nobody     no token   no token    no token   no token     no token   no token        no token      no token      no token        no token      no token`),

  dismiss: table(`
               pending     name taken  owner's     approved     denied     owner's denied  dismissed     cancelled     unknown         elsewhere     nowhere
    owner      forbidden   forbidden   is pending  forbidden    forbidden  dismissed       forbidden     forbidden     no application  not the last  not the last
    applicant  is pending  is pending  forbidden   is approved  dismissed  forbidden       is dismissed  is cancelled  no application  not the last  not the last
    member     forbidden   forbidden   forbidden   forbidden    forbidden  forbidden       forbidden     forbidden     no application  not the last  not the last
    former     forbidden   forbidden   forbidden   forbidden    forbidden  forbidden       forbidden     forbidden     no application  not the last  not the last
    stranger   forbidden   forbidden   forbidden   forbidden    forbidden  forbidden       forbidden     forbidden     no application  not the last  not the last
    admin      is pending  is pending  is pending  is approved  dismissed  dismissed       is dismissed  is cancelled  no application  not the last  not the last
    nobody     no token    no token    no token    no token     no token   no token        no token      no token      no token        no token      no token`),
}

/**
 * A later application, submitted by the owner; in the columns `admin's` by a project administrator. The applicant is the
 * one of the first application, and nobody special here. What was replaced is not the last one.
 */
export const MODIFICATIONS: Readonly<Record<string, Table>> = {
  approve: table(`
               pending    admin's    approved     replaced      denied     admin's denied  dismissed     cancelled
    owner      forbidden  forbidden  forbidden    not the last  forbidden  forbidden       forbidden     forbidden
    applicant  forbidden  forbidden  forbidden    not the last  forbidden  forbidden       forbidden     forbidden
    member     forbidden  forbidden  forbidden    not the last  forbidden  forbidden       forbidden     forbidden
    former     forbidden  forbidden  forbidden    not the last  forbidden  forbidden       forbidden     forbidden
    stranger   forbidden  forbidden  forbidden    not the last  forbidden  forbidden       forbidden     forbidden
    admin      approved   approved   is approved  not the last  is denied  is denied       is dismissed  is cancelled
    nobody     no token   no token   no token     no token      no token   no token        no token      no token`),

  deny: table(`
               pending    admin's    approved     replaced      denied     admin's denied  dismissed     cancelled
    owner      forbidden  forbidden  forbidden    not the last  forbidden  forbidden       forbidden     forbidden
    applicant  forbidden  forbidden  forbidden    not the last  forbidden  forbidden       forbidden     forbidden
    member     forbidden  forbidden  forbidden    not the last  forbidden  forbidden       forbidden     forbidden
    former     forbidden  forbidden  forbidden    not the last  forbidden  forbidden       forbidden     forbidden
    stranger   forbidden  forbidden  forbidden    not the last  forbidden  forbidden       forbidden     forbidden
    admin      denied     denied     is approved  not the last  is denied  is denied       is dismissed  is cancelled
    nobody     no token   no token   no token     no token      no token   no token        no token      no token`),

  cancel: table(`
               pending    admin's    approved     replaced      denied     admin's denied  dismissed     cancelled
    owner      cancelled  forbidden  is approved  not the last  is denied  forbidden       is dismissed  is cancelled
    applicant  forbidden  forbidden  forbidden    not the last  forbidden  forbidden       forbidden     forbidden
    member     forbidden  forbidden  forbidden    not the last  forbidden  forbidden       forbidden     forbidden
    former     forbidden  forbidden  forbidden    not the last  forbidden  forbidden       forbidden     forbidden
    stranger   forbidden  forbidden  forbidden    not the last  forbidden  forbidden       forbidden     forbidden
    admin      cancelled  cancelled  is approved  not the last  is denied  is denied       is dismissed  is cancelled
    nobody     no token   no token   no token     no token      no token   no token        no token      no token`),

  dismiss: table(`
               pending     admin's     approved     replaced      denied     admin's denied  dismissed     cancelled
    owner      is pending  forbidden   is approved  not the last  dismissed  forbidden       is dismissed  is cancelled
    applicant  forbidden   forbidden   forbidden    not the last  forbidden  forbidden       forbidden     forbidden
    member     forbidden   forbidden   forbidden    not the last  forbidden  forbidden       forbidden     forbidden
    former     forbidden   forbidden   forbidden    not the last  forbidden  forbidden       forbidden     forbidden
    stranger   forbidden   forbidden   forbidden    not the last  forbidden  forbidden       forbidden     forbidden
    admin      is pending  is pending  is approved  not the last  dismissed  dismissed       is dismissed  is cancelled
    nobody     no token    no token    no token     no token      no token   no token        no token      no token`),
}

/** The administrator's approval of an owner's modification where another project has the name (P-9: also the old one). */
export const TAKEN_NAMES: Table = table(`
           active, new name  suspended, new name  terminated, new name  terminated, old name
  approve  name taken        name taken           name taken            name taken
  deny     denied            denied               denied                denied
  cancel   cancelled         cancelled            cancelled             cancelled
  dismiss  is pending        is pending           is pending            is pending`)

/** What becomes of the project (2.1; P-1: whatever is approved is active). */
export const NEXT_PROJECT: Table = table(`
           uninitialized  active  suspended  terminated
  approve  active         active  active     active
  deny     uninitialized  active  suspended  terminated
  cancel   deleted        active  suspended  terminated
  dismiss  deleted        active  suspended  terminated`)
