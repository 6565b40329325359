import { AstakosClientException, type ApplicationReceipt, type AstakosClient, type ProjectSpecs } from 'astakosclient'
import { expect } from 'vitest'
import type { Cloud, TransportCase } from './cloud.ts'

/** Whom projects are about; Carol is the world's project administrator, Frank's account is deactivated. */
export interface Scene {
  readonly alice: AstakosClient
  readonly bob: AstakosClient
  readonly carol: AstakosClient
  readonly dave: AstakosClient
  readonly cyclades: AstakosClient
  readonly aliceId: string
  readonly bobId: string
  readonly daveId: string
}

export function sceneOf(cloud: Cloud, transport: TransportCase): Scene {
  return {
    alice: cloud.client('alice', transport),
    bob: cloud.client('bob', transport),
    carol: cloud.client('carol', transport),
    dave: cloud.client('dave', transport),
    cyclades: cloud.client('component:cyclades', transport),
    aliceId: cloud.value('uuid:alice'),
    bobId: cloud.value('uuid:bob'),
    daveId: cloud.value('uuid:dave'),
  }
}

export const NOBODY = '00000000-0000-4000-8000-000000000000'
export const END_DATE = '2040-06-01T00:00:00Z'
/** As the service writes dates, whichever it is. */
export const DATE: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/)

type MoreSpecs = Omit<ProjectSpecs, 'name' | 'end_date'>

/** What has to be said of a new project, and more. */
export function specsOf(name: string, more: MoreSpecs = {}): ProjectSpecs & { name: string; end_date: string } {
  return { name, end_date: END_DATE, ...more }
}

/** A project that is active at once. @param applicant its owner. */
export async function approved(
  applicant: AstakosClient,
  administrator: AstakosClient,
  name: string,
  more: MoreSpecs = {},
): Promise<ApplicationReceipt> {
  const receipt = await applicant.createProject(specsOf(name, more))
  await administrator.applicationAction(receipt.id, receipt.application, 'approve')
  return receipt
}

/** The class of a refusal, its status and its message; surely nothing was changed. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof AstakosClientException) || error.fault === null || error.outcome !== 'none') throw error
    return `${error.name} ${error.status}: ${error.fault.message}`
  }
  throw new Error('It was not refused')
}

export const conflict = (message: string): string => `Conflict 409: ${message}`
export const badRequest = (message: string): string => `BadRequest 400: ${message}`
export const notFound = (message: string): string => `NotFound 404: ${message}`
export const FORBIDDEN = 'Forbidden 403: You do not have the permissions to perform this action.'
export const noProject = (id: string): string => `There is no project identified by ${id}.`
