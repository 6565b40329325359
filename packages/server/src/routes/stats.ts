import { stringifyExact } from 'astakosclient/wire'
import { json, type Answer } from '../http/answer.ts'
import { forMembers, forNobody, type Call, type Route } from '../http/call.ts'
import { CONTENT_TYPES } from '../http/negotiation.ts'
import { documentOrScript } from '../http/script.ts'
import { detailedStatistics } from '../operations/statistics.ts'

/** For everybody, so it is counted once a second at most. Source: administration specification, 2.1; X-10. */
async function stats({ service, query }: Call): Promise<Answer> {
  return documentOrScript(query, stringifyExact({ users: await service.userCounts.get() }), CONTENT_TYPES.json)
}

/** For members of some groups. Source: administration specification, 2.2; X-11. */
async function detail({ service }: Call): Promise<Answer> {
  return json({ datetime: clockOf(new Date()), ...(await detailedStatistics(service.database)) })
}

/** `Tue Nov 24 03:46:15 2026`, in UTC. */
export function clockOf(date: Date): string {
  const [day = '', dayOfMonth = '', month = '', year = '', time = ''] = date.toUTCString().replace(',', '').split(' ')
  return `${day} ${month} ${dayOfMonth.replace(/^0/, ' ')} ${time} ${year}`
}

export const statsRoutes: readonly Route[] = [
  { kind: 'api', path: '/admin/stats', slash: false, isJsonOnly: true, methods: { GET: forNobody(stats) } },
  {
    kind: 'api',
    path: '/admin/stats/detail',
    slash: false,
    isJsonOnly: true,
    isOn: ({ statsGroups }) => statsGroups.length > 0,
    methods: { GET: forMembers(({ statsGroups }) => statsGroups, detail) },
  },
]
