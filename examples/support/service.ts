import { startReplayService, type Service } from './replay-service.ts'

/**
 * The service that the examples talk to: yours, from ASTAKOS_URL, ASTAKOS_TOKEN and ASTAKOS_SERVICE_TOKEN, or else a
 * replay of recorded walkthroughs. ASTAKOS_USER is the uuid of the token's user, ASTAKOS_CHARGED that of the one whose
 * quota the service charges.
 */
export async function exampleService(): Promise<Service> {
  const { ASTAKOS_URL, ASTAKOS_TOKEN, ASTAKOS_SERVICE_TOKEN, ASTAKOS_USER, ASTAKOS_CHARGED } = process.env
  if (!ASTAKOS_URL) return startReplayService()
  return {
    authUrl: ASTAKOS_URL,
    token: ASTAKOS_TOKEN ?? '',
    serviceToken: ASTAKOS_SERVICE_TOKEN ?? '',
    alice: ASTAKOS_USER ?? '',
    bob: ASTAKOS_CHARGED ?? ASTAKOS_USER ?? '',
    stop: async () => undefined,
  }
}
