import type { Flow } from '../flow.ts'
import { accountFlows } from './account.ts'
import { mailFlows } from './mails.ts'
import { oauth2Flows } from './oauth2.ts'
import { otherSiteFlows } from './other-sites.ts'
import { readerFlows } from './readers.ts'
import { signInFlows } from './sign-in.ts'
import { webloginFlows } from './weblogin.ts'

export const FLOWS: readonly Flow[] = [
  ...signInFlows,
  ...accountFlows,
  ...mailFlows,
  ...webloginFlows,
  ...oauth2Flows,
  ...readerFlows,
  ...otherSiteFlows,
]
