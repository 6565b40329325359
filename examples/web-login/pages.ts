import { effectiveQuota, formatQuantity, type Dict, type Quota, type Quotas, type Resource } from 'astakosclient'
import { html, type Html } from '../support/html.ts'
import type { Person } from './sign-in.ts'

export function welcomePage(): Html {
  return page('Quotas', html`<p><a href="/sign-in">Sign in with Astakos</a></p>`)
}

/** @param quotas by project; a person's own project has the person's uuid. */
export function quotasPage({ uuid, name }: Person, quotas: Quotas, resources: Dict<Resource>): Html {
  const projects = Object.entries(quotas).map(
    ([project, quotaByResource]) =>
      html`<h2>${project === uuid ? 'Own project' : `Project ${project}`}</h2>
        <ul>
          ${Object.entries(quotaByResource).map(([resource, quota]) => quotaItem(resource, quota, resources[resource]))}
        </ul>`,
  )
  return page(
    `Quotas of ${name}`,
    html`${projects}
      <form method="post" action="/sign-out"><button>Sign out</button></form>`,
  )
}

/** Services are told of resources, too, that people are not to see. */
function quotaItem(name: string, quota: Quota, resource: Resource | undefined): Html {
  if (!resource) return html``
  const { usage, limit } = effectiveQuota(quota)
  return html`<li>${name}: ${formatQuantity(usage, resource.unit)} of ${formatQuantity(limit, resource.unit)} used</li>`
}

export function refusalPage(why: string): Html {
  return page(
    'You are not signed in',
    html`<p>${why}</p>
      <p><a href="/">Try again</a></p>`,
  )
}

function page(title: string, body: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <title>${title}</title>
      <h1>${title}</h1>
      ${body}
    </html>`
}
