// The framework that the service is built on, with nothing behind it: it answers a constant to each path.
import { fastify } from './packages.mjs'
import { serve } from './jobs.mjs'

const app = fastify()
const answers = {}
for (const [method, url] of [
  ['POST', '/identity/v2.0/tokens'],
  ['GET', '/account/v1.0/quotas'],
  ['POST', '/account/v1.0/user_catalogs'],
  ['GET', '/account/v1.0/projects'],
  ['GET', '/account/v1.0/projects/memberships'],
])
  app.route({ method, url, handler: (_, reply) => reply.type('application/json').send(answers[url]) })

serve(
  {
    async listen() {
      await app.listen({ host: '127.0.0.1', port: 0 })
      return app.server.address().port
    },
    answer: ({ url, body }) => {
      answers[url] = body
    },
  },
  () => app.close(),
)
