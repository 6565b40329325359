import type { ServiceDefinition } from './service-import.ts'

/** What the service itself and its usual companions offer. Source: administration specification, 1.3.2; overview, 2. */

interface StandardService {
  readonly name: string
  readonly type: string
  readonly prefix: string
  readonly version: string
  /** Whether the version is part of the address. */
  readonly exposesVersion: boolean
  readonly resources: readonly StandardResource[]
}

interface StandardResource {
  readonly name: string
  readonly desc: string
  readonly unit?: 'bytes' | undefined
  /** Neither the API nor the UI shows it. */
  readonly isHidden?: true
}

const service = (
  [name, type, prefix, version]: readonly [name: string, type: string, prefix: string, version: string],
  resources: readonly StandardResource[] = [],
  exposesVersion = true,
): StandardService => ({ name, type, prefix, version, exposesVersion, resources })

const COMPUTE: readonly StandardResource[] = [
  { name: 'cyclades.vm', desc: 'Number of virtual machines' },
  { name: 'cyclades.total_cpu', desc: 'Number of virtual machine processors', isHidden: true },
  { name: 'cyclades.cpu', desc: 'Number of virtual machine processors of running servers' },
  { name: 'cyclades.total_ram', desc: 'Virtual machine memory size', unit: 'bytes', isHidden: true },
  { name: 'cyclades.ram', desc: 'Virtual machine memory size of running servers', unit: 'bytes' },
  { name: 'cyclades.disk', desc: 'Virtual machine disk size', unit: 'bytes' },
]
const NETWORK: readonly StandardResource[] = [
  { name: 'cyclades.network.private', desc: 'Number of private networks' },
  { name: 'cyclades.floating_ip', desc: 'Number of Floating IP addresses' },
]

const STANDARD = {
  astakos: [
    service(
      ['astakos_account', 'account', 'account', 'v1.0'],
      [{ name: 'astakos.pending_app', desc: 'Number of pending project applications', isHidden: true }],
    ),
    service(['astakos_identity', 'identity', 'identity', 'v2.0']),
    service(['astakos_weblogin', 'astakos_weblogin', 'weblogin', '']),
    service(['astakos_oauth2', 'astakos_auth', 'oauth2', '']),
  ],
  cyclades: [
    service(['cyclades_compute', 'compute', 'compute', 'v2.0'], COMPUTE),
    service(['cyclades_plankton', 'image', 'image', 'v1.0'], [], false),
    service(['cyclades_network', 'network', 'network', 'v2.0'], NETWORK, false),
    service(['cyclades_vmapi', 'vmapi', 'vmapi', 'v1.0']),
    service(['cyclades_admin', 'admin', 'admin', '']),
    service(['cyclades_volume', 'volume', 'volume', 'v2.0'], [], false),
  ],
  pithos: [
    service(
      ['pithos_object-store', 'object-store', 'object-store', 'v1'],
      [{ name: 'pithos.diskspace', desc: 'Pithos account diskspace', unit: 'bytes' }],
    ),
  ],
} satisfies Readonly<Record<string, readonly StandardService[]>>

export type Companion = keyof typeof STANDARD

export function isCompanion(name: string): name is Companion {
  return Object.hasOwn(STANDARD, name)
}

/** In the order of the catalog. */
export function servicesOf(component: Companion, baseUrl: string): ServiceDefinition[] {
  return STANDARD[component].map((one) => ({
    component,
    name: one.name,
    type: one.type,
    endpoints: [
      {
        versionId: one.version,
        publicURL: publicUrl(baseUrl, one),
        'SNF:exposeVersion': one.exposesVersion ? 'True' : 'False',
      },
    ],
    resources: one.resources.map(({ name, desc, unit, isHidden = false }) => ({
      name,
      serviceType: one.type,
      serviceOrigin: one.name,
      description: desc,
      unit,
      uiVisible: !isHidden,
      apiVisible: !isHidden,
    })),
  }))
}

/** As files of the original have them: service name to definition. */
export function definitionsOf(component: Companion, baseUrl: string): Readonly<Record<string, object>> {
  return Object.fromEntries(STANDARD[component].map((one) => [one.name, definitionOf(component, one, baseUrl)]))
}

function definitionOf(component: string, one: StandardService, baseUrl: string): object {
  const { type, prefix, version: versionId, exposesVersion } = one
  const resources = one.resources.map(({ isHidden, ...resource }) => [
    resource.name.slice(resource.name.indexOf('.') + 1),
    {
      ...resource,
      service_type: type,
      service_origin: one.name,
      ...(isHidden ? { ui_visible: false, api_visible: false } : {}),
    },
  ])
  return {
    component,
    type,
    prefix,
    public: true,
    endpoints: [{ versionId, publicURL: publicUrl(baseUrl, one), 'SNF:exposeVersion': exposesVersion }],
    resources: Object.fromEntries(resources) as object,
  }
}

/** Joined by one slash each, without one at the end. */
function publicUrl(baseUrl: string, { prefix, version, exposesVersion }: StandardService): string {
  const segments = [prefix, exposesVersion ? version : ''].filter((segment) => segment !== '')
  return [baseUrl.replace(/\/+$/, ''), ...segments].join('/')
}
