/** What is known of the selected hop besides the table, and of the path as a whole: lines for the bottom of the live view. */

import { formatIp } from '../../../core/ip.ts'
import type { HopExtensions } from '../../../core/trace.ts'
import type { PathChange } from '../../../probe/trace/live-path.ts'
import type { LiveHop, LiveState } from '../../../probe/trace/live-trace.ts'
import { asText, placeText } from '../../address-places.ts'
import { FAINT, NOTICE, PLAIN, STRONG, TAG } from '../../live/palette.ts'
import type { Piece } from '../../live/screen.ts'
import { milliseconds } from './hop-columns.ts'
import { type HopFacts, hostText, placeOf } from './hop-row.ts'

const SEPARATOR = ' · '

const extensionWords = ({ mpls = [], interfaces = [] }: HopExtensions): string[] => [
  ...(mpls.length === 0
    ? []
    : [
        `MPLS ${mpls.map(({ label, trafficClass, ttl }) => `${label} (class ${trafficClass}, TTL ${ttl})`).join(', ')}`,
      ]),
  ...interfaces.map(({ role, name, address, index, mtu }) =>
    [
      `${role} interface`,
      name ?? (index === undefined ? '' : `no. ${index}`),
      address === undefined ? '' : formatIp(address),
      mtu === undefined ? '' : `MTU ${mtu}`,
    ]
      .filter((word) => word !== '')
      .join(' '),
  ),
]

const responderPieces = (hop: LiveHop, facts: HopFacts): Piece[] =>
  hop.responders.flatMap(({ address, answers }, i) => {
    const name = hostText(address, hop.ttl, facts)
    const bare = hop.ttl <= facts.maskHops ? name : formatIp(address)
    const place = placeOf(address, hop.ttl, facts)
    const where = [asText(place), place?.asOrganization ?? '', placeText(place)]
      .filter((word) => word !== '')
      .join(', ')
    const share = hop.responders.length === 1 ? '' : ` ${Math.round((answers / Math.max(1, hop.received)) * 100)}%`
    return [
      ...(i === 0 ? [] : [{ text: SEPARATOR, style: FAINT }]),
      { text: name === bare ? bare : `${name} (${bare})`, style: STRONG },
      { text: share, style: FAINT },
      { text: where === '' ? '' : ` ${where}`, style: PLAIN },
    ]
  })

/** Two lines. */
export const detailLines = (hop: LiveHop, facts: HopFacts): [Piece[], Piece[]] => {
  const { newest } = hop
  const words = [
    `${hop.received} of ${hop.sent} answered`,
    ...(hop.averageUs === null
      ? []
      : [`${milliseconds(hop.bestUs)} to ${milliseconds(hop.worstUs)} ms, jitter ${milliseconds(hop.jitterUs)} ms`]),
    ...(newest?.replyTtl == null ? [] : [`answers with TTL ${newest.replyTtl}`]),
    ...(hop.rateLimited ? ['limits its answers: the loss is its own'] : []),
    ...(hop.translated ? ['behind an address translator'] : []),
    ...(newest?.quotedTtl !== undefined && newest.quotedTtl !== 1 ? [`quotes TTL ${newest.quotedTtl}`] : []),
  ]
  const answers = responderPieces(hop, facts)
  const extensions = hop.ttl <= facts.maskHops || hop.extensions === null ? [] : extensionWords(hop.extensions)
  return [
    [
      { text: `hop ${hop.ttl} `, style: FAINT },
      ...(answers.length === 0 ? [{ text: 'nobody has answered here', style: FAINT }] : answers),
    ],
    [
      ...extensions.map((text) => ({ text: `${text}${SEPARATOR}`, style: TAG })),
      { text: words.join(SEPARATOR), style: FAINT },
    ],
  ]
}

const changeWords = ({ ttl, from, to, lengths }: PathChange, facts: HopFacts): string => {
  if (lengths !== undefined) return `the target is at hop ${lengths[1]} instead of ${lengths[0]}`
  const text = (address: PathChange['from']): string => (address === null ? '?' : hostText(address, ttl, facts))
  return `hop ${ttl}: ${text(to)} instead of ${text(from)}`
}

const agoText = (us: number): string => {
  const seconds = Math.max(0, Math.round(us / 1e6))
  return seconds < 120
    ? `${seconds} s ago`
    : seconds < 7200
      ? `${Math.round(seconds / 60)} min ago`
      : `${Math.round(seconds / 3600)} h ago`
}

const END_WORDS = {
  reached: 'reached',
  unreachable: 'refused on the way',
  gap: 'no answer any more',
  loop: 'a routing loop',
  'max-ttl': 'not reached',
  interrupted: 'interrupted',
} as const

/** `reached in 16 hops · path changed 2 times, 12 s ago: hop 3: … instead of …` */
export const pathLine = ({ hops, end, changes }: LiveState, facts: HopFacts, nowUs: number): Piece[] => {
  const far = hops.at(-1)?.ttl ?? 0
  const latest = changes.at(-1)
  const length = far === 0 ? '' : end === 'reached' ? ` in ${far} hops` : `, ${far} hops known`
  return [
    {
      text:
        end === null ? (far === 0 ? 'waiting for the first answers' : 'the target has not answered') : END_WORDS[end],
      style: FAINT,
    },
    { text: length, style: FAINT },
    ...(latest === undefined
      ? []
      : [
          {
            text: `${SEPARATOR}path changed ${changes.length === 1 ? 'once' : `${changes.length} times`}, ${agoText(nowUs - latest.timeUs)}`,
            style: NOTICE,
          },
          { text: `${SEPARATOR}${changeWords(latest, facts)}`, style: PLAIN },
        ]),
  ]
}
