import { describe, expect, it } from 'vitest'
import { runCampaign } from './campaign.ts'
import { QUICK_SCENES } from './scenes.ts'

describe('services over a primary and a standby', () => {
  it('lose nothing and do nothing twice, whatever of them ends', async () => {
    const reports = await runCampaign({
      seed: 1,
      scenes: QUICK_SCENES,
      services: 2,
      signal: new AbortController().signal,
    })
    expect(reports.map(({ scene }) => scene)).toEqual(QUICK_SCENES)
    for (const { scene, acknowledged, failures, findings, outage } of reports) {
      expect([scene, failures, findings]).toEqual([scene, [], []])
      expect(acknowledged, scene).toBeGreaterThan(0)
      // Nothing but 200, 503 and what breaks off with a process.
      const statuses = Object.keys(outage.statuses).map(Number)
      expect(
        statuses.filter((status) => ![0, 200, 502, 503].includes(status)),
        scene,
      ).toEqual([])
      expect(statuses, scene).toContain(200)
    }
  })
})
