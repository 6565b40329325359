import * as astakos from 'astakosclient'

import { smoke } from './smoke.mjs'

/** The page's one entry point, for the test that drives it. */
globalThis.smoke = (origin, usePool) => smoke(astakos, origin, usePool)
globalThis.astakos = astakos
