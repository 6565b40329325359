import { BASE, templateOf as of, type Template } from './template.ts'

/** Pages and OAuth2 for somebody who is not signed in: nothing that they send may change anything. */
const get = (path: string, query = ''): Template =>
  of(path, 'GET', { weight: 1, ...(query === '' ? {} : { target: `${BASE}${path}?${query}` }) })

const NEXT = 'next=%2Fastakos%2Fui%2Flanding'
const GRANT = 'response_type=code&client_id=conf-app&state=s&scope=read'

export const PAGE_TEMPLATES: readonly Template[] = [
  get('/ui/login', NEXT),
  get('/ui/logout', NEXT),
  get('/ui/landing'),
  get('/ui/api_access'),
  get('/ui/.kamakirc'),
  get('/ui/style.css'),
  get('/ui/approval_terms', NEXT),
  of('/ui/approval_terms/:terms(^\\d+$)', 'GET', { weight: 1, target: `${BASE}/ui/approval_terms/7` }),
  get('/ui/signup'),
  get('/ui/activate', 'auth=nonsense'),
  get('/ui/password_reset'),
  get('/ui/password_reset/confirm', 'code=nonsense'),
  get('/weblogin/login', 'next=pithos%3A%2F%2Fx&renew=&force='),
  get('/oauth2/auth', GRANT),
  of('/ui/local', 'POST', { weight: 1, form: 'username=alice%40example.org&password=wrong&next=%2Fastakos%2Fui%2F' }),
  of('/ui/login/local', 'POST', { weight: 1, form: 'username=nobody&password=x' }),
  of('/ui/approval_terms', 'POST', { weight: 1, form: 'has_signed_terms=on&csrfmiddlewaretoken=a.b' }),
  of('/ui/profile/update_token', 'POST', { weight: 1, form: 'csrfmiddlewaretoken=a.b' }),
  of('/ui/signup', 'POST', { weight: 1, form: 'email=a%40example.org&first_name=a&last_name=b&password=12345678x' }),
  of('/ui/password_reset', 'POST', { weight: 1, form: 'email=alice%40example.org&csrfmiddlewaretoken=a.b' }),
  of('/ui/password_reset/confirm', 'POST', { weight: 1, form: 'code=x&password=12345678x' }),
  of('/oauth2/auth', 'POST', { weight: 1, form: GRANT }),
  of('/oauth2/token', 'POST', { weight: 1, form: 'grant_type=authorization_code&code=x&client_id=public-app' }),
]
