/** What the batched transmitters share: how long they wait for a full queue, and what they say of an interface that is gone. */

import { InterplotError } from '../core/errors.ts'
import type { LinkSpec } from './contract.ts'
import { errnoText } from './libc.ts'

/** First wait after a refusal; doubles up to the longest. Together about a tenth of a second before giving up. */
const FIRST_WAIT_US = 50
const LONGEST_WAIT_US = 2000
export const DEFAULT_RETRIES = 55

/** The wait after the n-th refusal in a row, from 1. */
export const waitUs = (tries: number): number => Math.min(LONGEST_WAIT_US, FIRST_WAIT_US * 2 ** (tries - 1))

export const interfaceGone = ({ interfaceName }: LinkSpec, errno: number): InterplotError =>
  new InterplotError('ERR_LINK_SEND', `the interface ${interfaceName} went down (${errnoText(errno)})`, {
    advice: `Bring it up again with: ip link set ${interfaceName} up`,
  })
