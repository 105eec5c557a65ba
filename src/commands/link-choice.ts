/** Which link a command probes through: the one asked for, or the best that works on this machine. */

import { systemClock } from '../core/clock.ts'
import { InterplotError } from '../core/errors.ts'
import { formatIpv4, type Ipv4, parseIpv4 } from '../core/ip.ts'
import type { LinkKind, LinkSpec } from '../link/contract.ts'
import { linkKinds } from '../link/registry.ts'
import { simLinkKind } from '../link/sim-link.ts'

export interface LinkChoiceOptions {
  link?: string
  scenario?: string
  interface?: string
  sourceIp?: Ipv4
  gatewayMac?: string
}

export interface LinkChoice {
  kind: LinkKind
  spec: LinkSpec
  /** What the person should know: a fallback and its reason. */
  notes: string[]
}

const simulated = async (scenarioPath: string | undefined): Promise<LinkKind> => {
  if (scenarioPath === undefined) {
    throw new InterplotError('ERR_USAGE', '--link sim needs a simulated Internet', {
      advice: 'Name one: --scenario lab/scenarios/small-town.json',
    })
  }
  const { readScenario } = await import('../lab/scenario.ts')
  const { makeInternet } = await import('../lab/internet.ts')
  const scenario = readScenario(scenarioPath)
  return simLinkKind(makeInternet(scenario), {
    sourceAddress: parseIpv4(scenario.vantage.address) as Ipv4,
    startUs: systemClock.nowUs(),
  })
}

/** The first link of the registry that this machine can use, with the reasons against the earlier ones. */
const best = (): { kind: LinkKind; notes: string[] } => {
  const notes: string[] = []
  for (const kind of linkKinds.entries) {
    const reason = kind.unavailable()
    if (reason === null) return { kind, notes }
    notes.push(`the ${kind.name} link can't be used: ${reason}`)
  }
  throw new InterplotError('ERR_LINK_UNAVAILABLE', `no link works here: ${notes.join('; ')}`, {
    advice: 'Try the simulated Internet: interplot demo',
  })
}

/** @throws InterplotError when the link is unknown, can't be used here, or finds no way out. */
export const chooseLink = async (options: LinkChoiceOptions, sampleTarget: Ipv4): Promise<LinkChoice> => {
  const wantsSim = options.link === 'sim' || (options.link === undefined && options.scenario !== undefined)
  const { kind, notes } = wantsSim
    ? { kind: await simulated(options.scenario), notes: [] }
    : options.link === undefined
      ? best()
      : { kind: linkKinds.get(options.link), notes: [] }
  const reason = kind.unavailable()
  if (reason !== null) {
    throw new InterplotError('ERR_LINK_UNAVAILABLE', `the ${kind.name} link can't be used: ${reason}`, {
      advice: `Leave --link out for the best that works here, or choose another: ${linkKinds.entries.map(({ name }) => name).join(', ')}, sim.`,
    })
  }
  const spec = await kind.resolve({
    sampleTarget,
    ...(options.interface === undefined ? {} : { interfaceName: options.interface }),
    ...(options.sourceIp === undefined ? {} : { sourceAddress: options.sourceIp }),
    ...(options.gatewayMac === undefined ? {} : { gatewayMac: options.gatewayMac }),
  })
  return { kind, spec, notes }
}

/** One line about the way out. */
export const describeLink = ({ kind, spec }: LinkChoice): string =>
  `${kind.name} link, ${spec.interfaceName}, from ${formatIpv4(spec.sourceAddress)}`
