export interface Mail {
  /** Addresses; none: whoever reads the service's own mail. */
  readonly to?: readonly string[]
  readonly subject: string
  readonly text: string
}

export interface Sending {
  /** Names the mail: the same one at each attempt, so that who gets it twice can tell. */
  readonly id?: string
  /** When it is over nothing more is sent. */
  readonly signal?: AbortSignal
}

/** Where mails go. @throws when one can't be sent; {SomeRefused} when it reached some of its recipients. */
export interface Mailer {
  send(mail: Mail, sending?: Sending): Promise<void>
}

/** The others have it: a second attempt is for these alone. */
export class SomeRefused extends Error {
  readonly recipients: readonly string[]

  constructor(recipients: readonly string[]) {
    super(`The mail server refused ${recipients.length} of the recipients`)
    this.name = 'SomeRefused'
    this.recipients = recipients
  }
}

/** For a service that was given no place for mails: every attempt fails, and nothing is kept for later. */
export const noMail: Mailer = {
  send: () => Promise.reject(new Error('No mail server and no folder for mails is set')),
}
