/**
 * A scenario: the description of an internet, as a JSON file. The same file drives the in-process simulation (all of
 * it) and the network namespaces (what a kernel can be told: see namespaces.ts).
 */

import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { fileError, InterplotError } from '../core/errors.ts'
import { parseIpv4 } from '../core/ip.ts'

const share = z.number().min(0).max(1)
const address = z.string().refine((text) => parseIpv4(text) !== null, 'not an IPv4 address')
const prefix = z.string().refine((text) => {
  const [base, bits, ...rest] = text.split('/')
  return rest.length === 0 && parseIpv4(base ?? '') !== null && /^(?:[0-9]|[12][0-9]|3[0-2])$/.test(bits ?? '')
}, 'not an IPv4 prefix like 10.64.0.0/12')

const place = z.strictObject({
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  city: z.string().optional(),
  region: z.string().optional(),
  country: z.string().optional(),
  countryCode: z.string().length(2).optional(),
  accuracyKm: z.number().min(0).optional(),
})

/** open: SYN-ACK, or a UDP answer; closed: RST, or ICMP port unreachable; filtered: silence; prohibited: ICMP admin-prohibited. */
const portState = z.enum(['open', 'closed', 'filtered', 'prohibited'])
/** Port number or `*` (every other port) → state. */
const portStates = z.record(z.string().regex(/^(?:\*|\d{1,5})$/), portState)

const faults = z.strictObject({
  /** Share of packets that vanish, each direction. */
  loss: share.default(0),
  duplicate: share.default(0),
  /** Share of packets held back behind later ones. */
  reorder: share.default(0),
  /** Share of packets with one flipped bit. */
  corrupt: share.default(0),
  /** Share of packets cut short. */
  truncate: share.default(0),
  /** Added one-way delay and its uniform spread, milliseconds. */
  delayMs: z.number().min(0).default(0),
  jitterMs: z.number().min(0).default(0),
})

const router = z.strictObject({
  name: z.string().min(1),
  address,
  place: place.optional(),
  asn: z.number().int().positive().optional(),
  asOrganization: z.string().optional(),
  /** ICMP errors a second that it sends at most (token bucket of one second's worth). */
  icmpRatePps: z.number().positive().optional(),
  /** Never answers, but forwards. */
  silent: z.boolean().default(false),
  /** Share of packets that it loses, each direction. */
  loss: share.default(0),
  /** One-way delay of the line towards it, and its uniform spread, milliseconds. */
  delayMs: z.number().min(0).default(1),
  jitterMs: z.number().min(0).default(0),
  /** Translates sources: what lies behind it quotes a rewritten header. */
  nat: z.boolean().default(false),
})

/** A router by name, or a load balancer over parallel branches of routers. */
const step = z.union([
  z.string(),
  z.strictObject({ balance: z.enum(['flow', 'packet']), branches: z.array(z.array(z.string())).min(2) }),
])

const network = z.strictObject({
  prefix,
  name: z.string().optional(),
  place: place.optional(),
  asn: z.number().int().positive().optional(),
  asOrganization: z.string().optional(),
  /** Share of the addresses that are hosts; which ones follows from the seed. */
  density: share.default(1),
  /** Hosts answer ICMP echo. */
  echo: z.boolean().default(true),
  tcp: portStates.default({ '*': 'closed' }),
  udp: portStates.default({ '*': 'closed' }),
  /** A middlebox answers for every address and port, host or not. */
  answersForAll: z.boolean().default(false),
  /** Addresses without a host: silence, or host-unreachable from the last router. */
  absent: z.enum(['silent', 'unreachable']).default('silent'),
  /** Routers between the vantage point and the network, nearest first. */
  path: z.array(step).default([]),
  /** Way back when it differs in length: milliseconds added to the return only. */
  returnExtraMs: z.number().min(0).default(0),
  /** One-way delay of the last mile and its uniform spread, milliseconds. */
  delayMs: z.number().min(0).default(1),
  jitterMs: z.number().min(0).default(0),
})

const scenarioSchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().optional(),
  seed: z.string().min(1),
  vantage: z.strictObject({ address, place: place.optional() }),
  routers: z.array(router).default([]),
  networks: z.array(network).min(1),
  faults: faults.prefault({}),
})

export type Scenario = z.output<typeof scenarioSchema>
/** What a scenario file holds: defaults may be left out. */
export type ScenarioInput = z.input<typeof scenarioSchema>
export type ScenarioNetwork = Scenario['networks'][number]
export type ScenarioRouter = Scenario['routers'][number]
export type PortState = z.output<typeof portState>

/** @throws InterplotError ERR_SCENARIO naming the first wrong field. `origin` is the file's name, for the message. */
export const parseScenario = (value: unknown, origin: string): Scenario => {
  const parsed = scenarioSchema.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    const where = issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`
    throw new InterplotError('ERR_SCENARIO', `${origin} is not a scenario${where}: ${issue.message}`, {
      advice: 'docs/architecture.md describes the format; lab/scenarios/ holds examples.',
    })
  }
  const names = new Set(parsed.data.routers.map((each) => each.name))
  for (const each of parsed.data.networks) {
    const used = each.path.flatMap((at) => (typeof at === 'string' ? [at] : at.branches.flat()))
    const unknown = used.find((name) => !names.has(name))
    if (unknown !== undefined) {
      throw new InterplotError(
        'ERR_SCENARIO',
        `${origin}: the path to ${each.prefix} names an unknown router "${unknown}"`,
        {
          advice: 'Add it to "routers".',
        },
      )
    }
  }
  return parsed.data
}

export const readScenario = (path: string): Scenario => {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw fileError('ERR_INPUT_FILE', path, error)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new InterplotError('ERR_SCENARIO', `${path} is not JSON: ${error instanceof Error ? error.message : ''}`, {
      advice: 'Mend the file and try again.',
      cause: error,
    })
  }
  return parseScenario(value, path)
}
