/** What the servers that are asked for places have in common, and what makes each its own. */

import type { InterplotError } from '../../core/errors.ts'
import type { IpAddress } from '../../core/ip.ts'
import type { Place } from '../../core/place.ts'
import type { JsonRequest } from './json-client.ts'

export type AddressAnswer =
  /** Null: the server knows the address and says nothing of where it is. */
  | { place: Place | null }
  /** No valid answer, and why; `again`: another try may help. */
  | { failure: string; again?: boolean }

export type Verdict =
  /** One for each address that was asked, in their order. */
  | { kind: 'answers'; answers: readonly AddressAnswer[] }
  /** Several at once are refused: ask these one by one, and all that follow if it is the plan's fault (`always`). */
  | { kind: 'singles'; always: boolean }
  /** May go away; `stays` is what it means when it does not, without it only these addresses are given up. */
  | { kind: 'again'; reason: string; stays?: InterplotError }
  /** Nothing more can be asked. */
  | { kind: 'stop'; error: InterplotError }

export interface OnlineService {
  readonly name: string
  readonly attributions: readonly string[]
  /** Addresses in one request. */
  readonly batchSize: number
  /** Addresses that may be sent unless the person says how many. */
  readonly budget: number
  request(addresses: readonly IpAddress[]): JsonRequest
  interpret(status: number, value: unknown, asked: readonly IpAddress[]): Verdict
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
