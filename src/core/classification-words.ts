/** What zmap calls an answer, where its word is not ours. */

import type { Classification } from './reply-batch.ts'

export const ZMAP_WORDS = {
  'echo-reply': 'echoreply',
  'syn-ack': 'synack',
  unreachable: 'unreach',
  'time-exceeded': 'timxceed',
} as const satisfies Partial<Record<Classification, string>>
