import { escapeXml } from '../http/fault.ts'
import type { AccessHolder } from '../identity/access.ts'
import type { CatalogService } from '../identity/catalog.ts'

const NAMESPACES =
  'xmlns="http://docs.openstack.org/identity/api/v2.0" xmlns:SNF="http://docs.openstack.org/identity/api/ext/SNF/v1.0"'

interface Content {
  readonly token: string | null
  readonly access: AccessHolder | null
  readonly catalog: readonly CatalogService[]
}

/** The XML form of an authentication. Source: identity specification, 2.1; I-3: the prefix SNF is declared. */
export function accessXml({ token, access, catalog }: Content): string {
  const caller = access && token !== null ? tokenXml(token, access) + userXml(access) : ''
  const services = catalog.map(serviceXml).join('')
  return `<?xml version="1.0" encoding="UTF-8"?>
<access ${NAMESPACES}>
${caller}  <serviceCatalog>
${services}  </serviceCatalog>
</access>
`
}

function tokenXml(token: string, { expires, defaultProject, realName }: AccessHolder): string {
  return `  <token ${attributes({ id: token, expires })}>
    <tenant ${attributes({ id: defaultProject, name: realName })} />
  </token>
`
}

function userXml({ uuid, realName, roles }: AccessHolder): string {
  const elements = roles.map(({ id, name }) => `      <role ${attributes({ id, name })} />\n`).join('')
  return `  <user ${attributes({ id: uuid, name: realName })}>
    <roles>
${elements}    </roles>
  </user>
`
}

function serviceXml({ type, name, endpoints }: CatalogService): string {
  const elements = endpoints.map((endpoint) => `      <endpoint ${attributes(endpoint)} />\n`).join('')
  return `    <service ${attributes({ type, name })}>
${elements}    </service>
`
}

function attributes(values: Readonly<Record<string, string | null>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escapeXml(value ?? 'None')}"`)
    .join(' ')
}
