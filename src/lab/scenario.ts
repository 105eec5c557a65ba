/**
 * A scenario: the description of an internet, as a JSON file. The same file drives the in-process simulation (all of
 * it) and the network namespaces (what a kernel can be told: see namespaces.ts).
 */

import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { fileError, InterplotError } from '../core/errors.ts'
import { address, place, prefix, share } from './scenario-field.ts'
import { path, pathChange, pathRouters } from './scenario-path.ts'
import { router } from './scenario-router.ts'

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
  path: path.default([]),
  /** Later paths, in order of time: the path changes while somebody traces it. */
  paths: z.array(pathChange).default([]),
  /** Way back when it differs in length: milliseconds added to the return only. */
  returnExtraMs: z.number().min(0).default(0),
  /** One-way delay of the last mile and its uniform spread, milliseconds. */
  delayMs: z.number().min(0).default(1),
  jitterMs: z.number().min(0).default(0),
})

/**
 * Replies that somebody off the path forges: who knows who probes whom with which protocol, but not the ports, identifiers,
 * sequence numbers and data of the probes.
 */
const spoofedReply = z.strictObject({
  /** Share of the probes that draw one. */
  share,
  kind: z.enum(['time-exceeded', 'unreachable', 'echo-reply', 'syn-ack']),
  /** The forged sender: an address, or the target of the probe. */
  source: z.union([z.literal('target'), address]),
  /** What an error quotes: the probe with everything guessed that cannot be known, one to another target, or noise. */
  quote: z.enum(['wrong-cookie', 'wrong-target', 'random']).default('wrong-cookie'),
  /** After the probe left, milliseconds. */
  delayMs: z.number().min(0).default(1),
})

const scenarioSchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().optional(),
  seed: z.string().min(1),
  vantage: z.strictObject({ address, place: place.optional() }),
  routers: z.array(router).default([]),
  networks: z.array(network).min(1),
  faults: faults.prefault({}),
  spoofedReplies: z.array(spoofedReply).default([]),
})

export type Scenario = z.output<typeof scenarioSchema>
/** What a scenario file holds: defaults may be left out. */
export type ScenarioInput = z.input<typeof scenarioSchema>
export type ScenarioNetwork = Scenario['networks'][number]
export type ScenarioRouter = Scenario['routers'][number]
export type SpoofedReply = Scenario['spoofedReplies'][number]
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
    const paths = [each.path, ...each.paths.map((change) => change.path)]
    const unknown = paths.flatMap(pathRouters).find((name) => !names.has(name))
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
