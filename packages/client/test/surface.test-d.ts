import { describe, expectTypeOf, it } from 'vitest'
import * as actual from '../src/index.ts'
import type * as decided from './support/decided.d.ts'

/**
 * The types of the sources are those that were decided, name by name: `toEqualTypeOf` sees a changed member, an option
 * that became required, a lost `readonly` or overload. What must not compile comes last.
 */

type Client = actual.AstakosClient
type DecidedClient = decided.AstakosClient

describe('what the package exports', () => {
  it('is the decided functions, classes and constants, and nothing else', () => {
    expectTypeOf<keyof typeof actual>().toEqualTypeOf<keyof typeof decided>()
    expectTypeOf<typeof actual.UNLIMITED>().toEqualTypeOf<typeof decided.UNLIMITED>()
    expectTypeOf<typeof actual.isUnlimited>().toEqualTypeOf<typeof decided.isUnlimited>()
    expectTypeOf<typeof actual.effectiveQuota>().toEqualTypeOf<typeof decided.effectiveQuota>()
    expectTypeOf<typeof actual.formatQuantity>().toEqualTypeOf<typeof decided.formatQuantity>()
    expectTypeOf<typeof actual.parseQuantity>().toEqualTypeOf<typeof decided.parseQuantity>()
    expectTypeOf<typeof actual.parseExact>().toEqualTypeOf<typeof decided.parseExact>()
    expectTypeOf<typeof actual.stringifyExact>().toEqualTypeOf<typeof decided.stringifyExact>()
    expectTypeOf<typeof actual.parseEndpoints>().toEqualTypeOf<typeof decided.parseEndpoints>()
    expectTypeOf<typeof actual.getTokenFromCookie>().toEqualTypeOf<typeof decided.getTokenFromCookie>()
    expectTypeOf<typeof actual.mkProvisions>().toEqualTypeOf<typeof decided.mkProvisions>()
  })

  it('has the types of values', () => {
    expectTypeOf<actual.Uuid>().toEqualTypeOf<decided.Uuid>()
    expectTypeOf<actual.Serial>().toEqualTypeOf<decided.Serial>()
    expectTypeOf<actual.Quantity>().toEqualTypeOf<decided.Quantity>()
    expectTypeOf<actual.QuantityInput>().toEqualTypeOf<decided.QuantityInput>()
    expectTypeOf<actual.UnitStyle>().toEqualTypeOf<decided.UnitStyle>()
    expectTypeOf<actual.EffectiveQuota>().toEqualTypeOf<decided.EffectiveQuota>()
    expectTypeOf<actual.Dict<boolean>>().toEqualTypeOf<decided.Dict<boolean>>()
    expectTypeOf<actual.Open<'a' | 'b'>>().toEqualTypeOf<decided.Open<'a' | 'b'>>()
  })

  it('has the types of options', () => {
    expectTypeOf<actual.ClientOptions>().toEqualTypeOf<decided.ClientOptions>()
    expectTypeOf<actual.RequestOptions>().toEqualTypeOf<decided.RequestOptions>()
    expectTypeOf<actual.Logger>().toEqualTypeOf<decided.Logger>()
    expectTypeOf<actual.IssueOptions>().toEqualTypeOf<decided.IssueOptions>()
    expectTypeOf<actual.ReasonOptions>().toEqualTypeOf<decided.ReasonOptions>()
    expectTypeOf<actual.ServiceQuotasFilter>().toEqualTypeOf<decided.ServiceQuotasFilter>()
    expectTypeOf<actual.ProjectQuotasFilter>().toEqualTypeOf<decided.ProjectQuotasFilter>()
    expectTypeOf<actual.ProjectsFilter>().toEqualTypeOf<decided.ProjectsFilter>()
    expectTypeOf<actual.TokenParams>().toEqualTypeOf<decided.TokenParams>()
    expectTypeOf<actual.CookieSource>().toEqualTypeOf<decided.CookieSource>()
    expectTypeOf<actual.Feature>().toEqualTypeOf<decided.Feature>()
  })

  it('has the types of arguments', () => {
    expectTypeOf<actual.MemberProvision>().toEqualTypeOf<decided.MemberProvision>()
    expectTypeOf<actual.UserProvision>().toEqualTypeOf<decided.UserProvision>()
    expectTypeOf<actual.ProjectProvision>().toEqualTypeOf<decided.ProjectProvision>()
    expectTypeOf<actual.Reassignment>().toEqualTypeOf<decided.Reassignment>()
    expectTypeOf<actual.ProjectAction>().toEqualTypeOf<decided.ProjectAction>()
    expectTypeOf<actual.ApplicationAction>().toEqualTypeOf<decided.ApplicationAction>()
    expectTypeOf<actual.MembershipAction>().toEqualTypeOf<decided.MembershipAction>()
    expectTypeOf<actual.ProjectSpecs>().toEqualTypeOf<decided.ProjectSpecs>()
  })

  it('has the types of documents', () => {
    expectTypeOf<actual.Endpoints>().toEqualTypeOf<decided.Endpoints>()
    expectTypeOf<actual.CatalogService>().toEqualTypeOf<decided.CatalogService>()
    expectTypeOf<actual.CatalogEndpoint>().toEqualTypeOf<decided.CatalogEndpoint>()
    expectTypeOf<actual.UserInfo>().toEqualTypeOf<decided.UserInfo>()
    expectTypeOf<actual.TokenInfo>().toEqualTypeOf<decided.TokenInfo>()
    expectTypeOf<actual.TokenDocument>().toEqualTypeOf<decided.TokenDocument>()
    expectTypeOf<actual.User>().toEqualTypeOf<decided.User>()
    expectTypeOf<actual.AccessToken>().toEqualTypeOf<decided.AccessToken>()
    expectTypeOf<actual.ServiceInfo>().toEqualTypeOf<decided.ServiceInfo>()
    expectTypeOf<actual.Resource>().toEqualTypeOf<decided.Resource>()
    expectTypeOf<actual.Quotas>().toEqualTypeOf<decided.Quotas>()
    expectTypeOf<actual.ProjectQuota>().toEqualTypeOf<decided.ProjectQuota>()
    expectTypeOf<actual.Quota>().toEqualTypeOf<decided.Quota>()
    expectTypeOf<actual.Provision>().toEqualTypeOf<decided.Provision>()
    expectTypeOf<actual.CommissionInfo>().toEqualTypeOf<decided.CommissionInfo>()
    expectTypeOf<actual.Resolution>().toEqualTypeOf<decided.Resolution>()
    expectTypeOf<actual.ProjectState>().toEqualTypeOf<decided.ProjectState>()
    expectTypeOf<actual.ApplicationState>().toEqualTypeOf<decided.ApplicationState>()
    expectTypeOf<actual.MembershipState>().toEqualTypeOf<decided.MembershipState>()
    expectTypeOf<actual.Policy>().toEqualTypeOf<decided.Policy>()
    expectTypeOf<actual.Capacities>().toEqualTypeOf<decided.Capacities>()
    expectTypeOf<actual.Project>().toEqualTypeOf<decided.Project>()
    expectTypeOf<actual.Application>().toEqualTypeOf<decided.Application>()
    expectTypeOf<actual.ApplicationReceipt>().toEqualTypeOf<decided.ApplicationReceipt>()
    expectTypeOf<actual.Membership>().toEqualTypeOf<decided.Membership>()
    expectTypeOf<actual.RequestLog>().toEqualTypeOf<decided.RequestLog>()
    expectTypeOf<actual.ResponseLog>().toEqualTypeOf<decided.ResponseLog>()
    expectTypeOf<actual.Fault>().toEqualTypeOf<decided.Fault>()
  })
})

describe('AstakosClient', () => {
  it('is constructed as decided', () => {
    expectTypeOf<ConstructorParameters<typeof actual.AstakosClient>>().toEqualTypeOf<
      ConstructorParameters<typeof decided.AstakosClient>
    >()
    expectTypeOf<keyof typeof actual.AstakosClient>().toEqualTypeOf<keyof typeof decided.AstakosClient>()
  })

  it('has the decided members, and no other', () => {
    expectTypeOf<keyof Client>().toEqualTypeOf<keyof DecidedClient>()
    expectTypeOf<Client>().toExtend<AsyncDisposable>()
    expectTypeOf<Client[typeof Symbol.asyncDispose]>().toEqualTypeOf<DecidedClient[typeof Symbol.asyncDispose]>()
    // Private members make a class equal to itself alone.
    expectTypeOf<Parameters<Client['withToken']>>().toEqualTypeOf<Parameters<DecidedClient['withToken']>>()
    expectTypeOf<ReturnType<Client['withToken']>>().toEqualTypeOf<Client>()
    expectTypeOf<Client['token']>().toEqualTypeOf<DecidedClient['token']>()
    expectTypeOf<Client['authUrl']>().toEqualTypeOf<DecidedClient['authUrl']>()
    expectTypeOf<Client['retry']>().toEqualTypeOf<DecidedClient['retry']>()
    expectTypeOf<Client['logRequest']>().toEqualTypeOf<DecidedClient['logRequest']>()
    expectTypeOf<Client['logResponse']>().toEqualTypeOf<DecidedClient['logResponse']>()
    expectTypeOf<Client['features']>().toEqualTypeOf<DecidedClient['features']>()
    expectTypeOf<Client['close']>().toEqualTypeOf<DecidedClient['close']>()
    expectTypeOf<Client['authenticate']>().toEqualTypeOf<DecidedClient['authenticate']>()
    expectTypeOf<Client['getEndpoints']>().toEqualTypeOf<DecidedClient['getEndpoints']>()
    expectTypeOf<Client['validateToken']>().toEqualTypeOf<DecidedClient['validateToken']>()
    expectTypeOf<Client['getToken']>().toEqualTypeOf<DecidedClient['getToken']>()
    expectTypeOf<Client['getUsernames']>().toEqualTypeOf<DecidedClient['getUsernames']>()
    expectTypeOf<Client['getUsername']>().toEqualTypeOf<DecidedClient['getUsername']>()
    expectTypeOf<Client['serviceGetUsernames']>().toEqualTypeOf<DecidedClient['serviceGetUsernames']>()
    expectTypeOf<Client['serviceGetUsername']>().toEqualTypeOf<DecidedClient['serviceGetUsername']>()
    expectTypeOf<Client['getUuids']>().toEqualTypeOf<DecidedClient['getUuids']>()
    expectTypeOf<Client['getUuid']>().toEqualTypeOf<DecidedClient['getUuid']>()
    expectTypeOf<Client['serviceGetUuids']>().toEqualTypeOf<DecidedClient['serviceGetUuids']>()
    expectTypeOf<Client['serviceGetUuid']>().toEqualTypeOf<DecidedClient['serviceGetUuid']>()
    expectTypeOf<Client['getServices']>().toEqualTypeOf<DecidedClient['getServices']>()
    expectTypeOf<Client['getResources']>().toEqualTypeOf<DecidedClient['getResources']>()
    expectTypeOf<Client['sendFeedback']>().toEqualTypeOf<DecidedClient['sendFeedback']>()
    expectTypeOf<Client['setDefaultProject']>().toEqualTypeOf<DecidedClient['setDefaultProject']>()
    expectTypeOf<Client['getQuotas']>().toEqualTypeOf<DecidedClient['getQuotas']>()
    expectTypeOf<Client['serviceGetQuotas']>().toEqualTypeOf<DecidedClient['serviceGetQuotas']>()
    expectTypeOf<Client['serviceQuotasEntries']>().toEqualTypeOf<DecidedClient['serviceQuotasEntries']>()
    expectTypeOf<Client['serviceGetProjectQuotas']>().toEqualTypeOf<DecidedClient['serviceGetProjectQuotas']>()
    expectTypeOf<Client['serviceProjectQuotasEntries']>().toEqualTypeOf<DecidedClient['serviceProjectQuotasEntries']>()
    expectTypeOf<Client['issueCommissionGeneric']>().toEqualTypeOf<DecidedClient['issueCommissionGeneric']>()
    expectTypeOf<Client['issueOneCommission']>().toEqualTypeOf<DecidedClient['issueOneCommission']>()
    expectTypeOf<Client['issueResourceReassignment']>().toEqualTypeOf<DecidedClient['issueResourceReassignment']>()
    expectTypeOf<Client['getPendingCommissions']>().toEqualTypeOf<DecidedClient['getPendingCommissions']>()
    expectTypeOf<Client['getCommissionInfo']>().toEqualTypeOf<DecidedClient['getCommissionInfo']>()
    expectTypeOf<Client['commissionAction']>().toEqualTypeOf<DecidedClient['commissionAction']>()
    expectTypeOf<Client['acceptCommission']>().toEqualTypeOf<DecidedClient['acceptCommission']>()
    expectTypeOf<Client['rejectCommission']>().toEqualTypeOf<DecidedClient['rejectCommission']>()
    expectTypeOf<Client['resolveCommissions']>().toEqualTypeOf<DecidedClient['resolveCommissions']>()
    expectTypeOf<Client['getProjects']>().toEqualTypeOf<DecidedClient['getProjects']>()
    expectTypeOf<Client['getProject']>().toEqualTypeOf<DecidedClient['getProject']>()
    expectTypeOf<Client['createProject']>().toEqualTypeOf<DecidedClient['createProject']>()
    expectTypeOf<Client['modifyProject']>().toEqualTypeOf<DecidedClient['modifyProject']>()
    expectTypeOf<Client['projectAction']>().toEqualTypeOf<DecidedClient['projectAction']>()
    expectTypeOf<Client['applicationAction']>().toEqualTypeOf<DecidedClient['applicationAction']>()
    expectTypeOf<Client['getMemberships']>().toEqualTypeOf<DecidedClient['getMemberships']>()
    expectTypeOf<Client['getMembership']>().toEqualTypeOf<DecidedClient['getMembership']>()
    expectTypeOf<Client['membershipAction']>().toEqualTypeOf<DecidedClient['membershipAction']>()
    expectTypeOf<Client['joinProject']>().toEqualTypeOf<DecidedClient['joinProject']>()
    expectTypeOf<Client['enrollMember']>().toEqualTypeOf<DecidedClient['enrollMember']>()
  })

  it('can be written to nowhere', () => {
    expectTypeOf<Pick<Client, 'token' | 'authUrl' | 'retry' | 'logRequest' | 'logResponse'>>().toEqualTypeOf<
      Readonly<Pick<DecidedClient, 'token' | 'authUrl' | 'retry' | 'logRequest' | 'logResponse'>>
    >()
  })
})

/** What a catcher sees. Constructors are no part of the surface: see docs/compatibility.md. */
type Seen<E, As> = Pick<E, keyof E & keyof As>

describe('errors', () => {
  it('have the decided members', () => {
    expectTypeOf<Seen<actual.AstakosClientException, decided.AstakosClientException>>().toEqualTypeOf<
      Seen<decided.AstakosClientException, decided.AstakosClientException>
    >()
    expectTypeOf<Seen<actual.BadValue, decided.BadValue>>().toEqualTypeOf<Seen<decided.BadValue, decided.BadValue>>()
    expectTypeOf<Seen<actual.NotSupported, decided.NotSupported>>().toEqualTypeOf<
      Seen<decided.NotSupported, decided.NotSupported>
    >()
    expectTypeOf<Seen<actual.BadRequest, decided.BadRequest>>().toEqualTypeOf<
      Seen<decided.BadRequest, decided.BadRequest>
    >()
    expectTypeOf<Seen<actual.Unauthorized, decided.Unauthorized>>().toEqualTypeOf<
      Seen<decided.Unauthorized, decided.Unauthorized>
    >()
    expectTypeOf<Seen<actual.Forbidden, decided.Forbidden>>().toEqualTypeOf<
      Seen<decided.Forbidden, decided.Forbidden>
    >()
    expectTypeOf<Seen<actual.NotFound, decided.NotFound>>().toEqualTypeOf<Seen<decided.NotFound, decided.NotFound>>()
    expectTypeOf<Seen<actual.NoHolding, decided.NoHolding>>().toEqualTypeOf<
      Seen<decided.NoHolding, decided.NoHolding>
    >()
    expectTypeOf<Seen<actual.Conflict, decided.Conflict>>().toEqualTypeOf<Seen<decided.Conflict, decided.Conflict>>()
    expectTypeOf<Seen<actual.QuotaLimit, decided.QuotaLimit>>().toEqualTypeOf<
      Seen<decided.QuotaLimit, decided.QuotaLimit>
    >()
    expectTypeOf<Seen<actual.KeyReused, decided.KeyReused>>().toEqualTypeOf<
      Seen<decided.KeyReused, decided.KeyReused>
    >()
    expectTypeOf<Seen<actual.InvalidResponse, decided.InvalidResponse>>().toEqualTypeOf<
      Seen<decided.InvalidResponse, decided.InvalidResponse>
    >()
    expectTypeOf<Seen<actual.ConnectionError, decided.ConnectionError>>().toEqualTypeOf<
      Seen<decided.ConnectionError, decided.ConnectionError>
    >()
    expectTypeOf<Seen<actual.Timeout, decided.Timeout>>().toEqualTypeOf<Seen<decided.Timeout, decided.Timeout>>()
    expectTypeOf<Seen<actual.NoUserName, decided.NoUserName>>().toEqualTypeOf<
      Seen<decided.NoUserName, decided.NoUserName>
    >()
    expectTypeOf<Seen<actual.NoUUID, decided.NoUUID>>().toEqualTypeOf<Seen<decided.NoUUID, decided.NoUUID>>()
    expectTypeOf<Seen<actual.NoEndpoints, decided.NoEndpoints>>().toEqualTypeOf<
      Seen<decided.NoEndpoints, decided.NoEndpoints>
    >()
  })

  it("add the reference's name for the cause, and nothing else", () => {
    expectTypeOf<
      Exclude<keyof actual.AstakosClientException, keyof decided.AstakosClientException>
    >().toEqualTypeOf<'errobject'>()
    expectTypeOf<Exclude<keyof actual.BadValue, keyof decided.BadValue>>().toEqualTypeOf<'errobject'>()
    expectTypeOf<Exclude<keyof actual.NotSupported, keyof decided.NotSupported>>().toEqualTypeOf<'errobject'>()
    expectTypeOf<Exclude<keyof actual.BadRequest, keyof decided.BadRequest>>().toEqualTypeOf<'errobject'>()
    expectTypeOf<Exclude<keyof actual.Unauthorized, keyof decided.Unauthorized>>().toEqualTypeOf<'errobject'>()
    expectTypeOf<Exclude<keyof actual.Forbidden, keyof decided.Forbidden>>().toEqualTypeOf<'errobject'>()
    expectTypeOf<Exclude<keyof actual.NotFound, keyof decided.NotFound>>().toEqualTypeOf<'errobject'>()
    expectTypeOf<Exclude<keyof actual.NoHolding, keyof decided.NoHolding>>().toEqualTypeOf<'errobject'>()
    expectTypeOf<Exclude<keyof actual.Conflict, keyof decided.Conflict>>().toEqualTypeOf<'errobject'>()
    expectTypeOf<Exclude<keyof actual.QuotaLimit, keyof decided.QuotaLimit>>().toEqualTypeOf<'errobject'>()
    expectTypeOf<Exclude<keyof actual.KeyReused, keyof decided.KeyReused>>().toEqualTypeOf<'errobject'>()
    expectTypeOf<Exclude<keyof actual.InvalidResponse, keyof decided.InvalidResponse>>().toEqualTypeOf<'errobject'>()
    expectTypeOf<Exclude<keyof actual.ConnectionError, keyof decided.ConnectionError>>().toEqualTypeOf<'errobject'>()
    expectTypeOf<Exclude<keyof actual.Timeout, keyof decided.Timeout>>().toEqualTypeOf<'errobject'>()
    expectTypeOf<Exclude<keyof actual.NoUserName, keyof decided.NoUserName>>().toEqualTypeOf<'errobject'>()
    expectTypeOf<Exclude<keyof actual.NoUUID, keyof decided.NoUUID>>().toEqualTypeOf<'errobject'>()
    expectTypeOf<Exclude<keyof actual.NoEndpoints, keyof decided.NoEndpoints>>().toEqualTypeOf<'errobject'>()
  })

  it('derive from each other as decided', () => {
    expectTypeOf<actual.AstakosClientException>().toExtend<Error>()
    expectTypeOf<actual.BadValue>().toExtend<actual.AstakosClientException>()
    expectTypeOf<actual.NotSupported>().toExtend<actual.AstakosClientException>()
    expectTypeOf<actual.BadRequest>().toExtend<actual.AstakosClientException>()
    expectTypeOf<actual.Unauthorized>().toExtend<actual.AstakosClientException>()
    expectTypeOf<actual.Forbidden>().toExtend<actual.AstakosClientException>()
    expectTypeOf<actual.NotFound>().toExtend<actual.AstakosClientException>()
    expectTypeOf<actual.NoHolding>().toExtend<actual.NotFound>()
    expectTypeOf<actual.Conflict>().toExtend<actual.AstakosClientException>()
    expectTypeOf<actual.QuotaLimit>().toExtend<actual.AstakosClientException>()
    expectTypeOf<actual.KeyReused>().toExtend<actual.AstakosClientException>()
    expectTypeOf<actual.InvalidResponse>().toExtend<actual.AstakosClientException>()
    expectTypeOf<actual.ConnectionError>().toExtend<actual.AstakosClientException>()
    expectTypeOf<actual.Timeout>().toExtend<actual.ConnectionError>()
    expectTypeOf<actual.NoUserName>().toExtend<actual.AstakosClientException>()
    expectTypeOf<actual.NoUUID>().toExtend<actual.AstakosClientException>()
    expectTypeOf<actual.NoEndpoints>().toExtend<actual.AstakosClientException>()
  })
})
declare const client: Client
declare const user: actual.Uuid
declare const project: actual.Uuid

describe('what comes out', () => {
  it('is a bigint wherever it is a quantity', () => {
    expectTypeOf<actual.Quota[keyof actual.Quota]>().toEqualTypeOf<bigint>()
    expectTypeOf<actual.Capacities[keyof actual.Capacities]>().toEqualTypeOf<bigint>()
    expectTypeOf<actual.Provision['quantity']>().toEqualTypeOf<bigint>()
    expectTypeOf<actual.Project['max_members']>().toEqualTypeOf<bigint>()
    expectTypeOf<actual.QuotaLimit['available']>().toEqualTypeOf<bigint | null>()
  })

  it('is a number wherever it is a serial or an id', () => {
    expectTypeOf(client.getPendingCommissions()).resolves.toEqualTypeOf<number[]>()
    expectTypeOf(client.issueOneCommission(user, project, { 'cyclades.vm': 1n })).resolves.toEqualTypeOf<number>()
    expectTypeOf(client.joinProject(project)).resolves.toEqualTypeOf<{ id: number }>()
  })

  it('is an entry at a time from a stream', async () => {
    for await (const entry of client.serviceQuotasEntries()) {
      expectTypeOf(entry).toEqualTypeOf<[user: string, quotas: actual.Quotas]>()
    }
    for await (const entry of client.serviceProjectQuotasEntries()) {
      expectTypeOf(entry).toEqualTypeOf<[project: string, quotas: actual.Dict<actual.ProjectQuota>]>()
    }
  })

  it('names states that are known and takes those that are not', () => {
    expectTypeOf<'active'>().toExtend<actual.Project['state']>()
    expectTypeOf<'frozen'>().toExtend<actual.Project['state']>()
  })

  it('is narrowed by the class of an error', () => {
    const error: unknown = null
    if (error instanceof actual.QuotaLimit) expectTypeOf(error.limit).toEqualTypeOf<bigint | null>()
    if (error instanceof actual.Timeout)
      expectTypeOf(error.phase).toEqualTypeOf<'pool' | 'connect' | 'attempt' | 'call'>()
    if (error instanceof actual.NoHolding) expectTypeOf(error).toExtend<actual.NotFound>()
  })
})

describe('what goes in', () => {
  it('may be a bigint or a number where it is a quantity', () => {
    void client.issueOneCommission(user, project, { 'cyclades.vm': 1, 'cyclades.ram': 2n ** 62n })
    void client.issueOneCommission(user, [{ project, resource: 'cyclades.vm', quantity: 1 }], { force: true })
    void client.modifyProject(project, { max_members: 'inf', resources: {} })
  })

  it('may be undefined where it is an option', () => {
    new actual.AstakosClient('t', new URL('https://accounts.example.com'), { retry: undefined, logger: console })
    void client.getQuotas({ signal: undefined, timeoutMs: undefined })
  })
})

describe('what does not compile', () => {
  it('a client without a token or a place', () => {
    // @ts-expect-error both are needed
    new actual.AstakosClient()
    // @ts-expect-error the URL is needed
    new actual.AstakosClient('token')
    // @ts-expect-error null is no token
    new actual.AstakosClient(null, 'https://accounts.example.com')
    // @ts-expect-error options are no positions
    new actual.AstakosClient('token', 'https://accounts.example.com', 3)
    // @ts-expect-error no such option
    new actual.AstakosClient('token', 'https://accounts.example.com', { retries: 3 })
    // @ts-expect-error a proxy is a URL or false
    new actual.AstakosClient('token', 'https://accounts.example.com', { proxy: true })
    // @ts-expect-error a logger has both levels
    new actual.AstakosClient('token', 'https://accounts.example.com', { logger: { debug() {} } })
  })

  it('a change of what can only be read', () => {
    // @ts-expect-error another token is another client: withToken
    client.token = 'other'
    // @ts-expect-error as it was constructed
    client.retry = 3
  })

  it('a quantity that is no integer type', () => {
    // @ts-expect-error text is for specs alone
    void client.issueOneCommission(user, project, { 'cyclades.vm': '1' })
    // @ts-expect-error null is no quantity
    actual.mkProvisions(user, project, 'cyclades.vm', null)
    // @ts-expect-error a number may have been rounded
    actual.isUnlimited(2 ** 63)
  })

  it('an argument that is missing, or of another type', () => {
    // @ts-expect-error which serial?
    void client.acceptCommission()
    // @ts-expect-error serials are numbers
    void client.acceptCommission(7n)
    // @ts-expect-error serials are numbers
    void client.resolveCommissions(['7'], [])
    // @ts-expect-error one uuid is no list
    void client.getUsernames(user)
    // @ts-expect-error only a service may ask for all
    void client.getUsernames(null)
    // @ts-expect-error all members of a provision are needed
    void client.issueCommissionGeneric([{ user, project, quantity: 1n }], [])
    // @ts-expect-error a project has a name and an end
    void client.createProject({ description: 'no name' })
  })

  it('an action that is misspelt', () => {
    // @ts-expect-error a commission is accepted or rejected
    void client.commissionAction(7, 'cancel')
    // @ts-expect-error a project is not approved: its application is
    void client.projectAction(project, 'approve')
    // @ts-expect-error unsuspend
    void client.projectAction(project, 'resume')
    // @ts-expect-error a member is removed
    void client.membershipAction(7, 'expel')
  })

  it('an option where it is not known', () => {
    // @ts-expect-error only issues take keys
    void client.getQuotas({ idempotencyKey: 'k' })
    // @ts-expect-error options are camelCase
    void client.issueOneCommission(user, project, {}, { auto_accept: true })
    // @ts-expect-error connections are the client's
    void client.getQuotas({ poolSize: 3 })
  })

  it('a change of what was read from an error or a log', () => {
    const error = new actual.AstakosClientException('failed')
    // @ts-expect-error errors are read
    error.status = 200
    // @ts-expect-error logs are read
    if (client.logRequest) client.logRequest.body = ''
  })
})
