/** Which link a command probes through: the one asked for, or the best that works on this machine. */

import { InterplotError } from '../core/errors.ts'
import { formatIpv4, type Ipv4 } from '../core/ip.ts'
import type { LinkKind, LinkSpec } from '../link/contract.ts'
import { type DefaultLink, defaultLinkKind, linkKinds } from '../link/registry.ts'

export interface LinkChoiceOptions {
  link?: string
  scenario?: string
  interface?: string
  /** The first is the link's; packets say which they leave from. */
  sourceIp?: readonly Ipv4[]
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
  const [{ readScenario }, { simulate }] = await Promise.all([
    import('../lab/scenario.ts'),
    import('./simulated-link.ts'),
  ])
  return simulate(readScenario(scenarioPath)).kind
}

/** The link of that name. @throws InterplotError ERR_UNKNOWN_NAME, ERR_LINK_UNAVAILABLE. */
const named = (name: string): LinkKind => {
  const kind = linkKinds.get(name)
  const reason = kind.unavailable()
  if (reason === null) return kind
  throw new InterplotError('ERR_LINK_UNAVAILABLE', `the ${kind.name} link can't be used: ${reason}`, {
    advice: `Leave --link out for the best that works here, or choose another: ${linkKinds.entries.map((each) => each.name).join(', ')}, sim.`,
  })
}

/** Whether nothing will leave this machine. */
export const isSimulated = ({ link, scenario }: LinkChoiceOptions): boolean =>
  link === 'sim' || (link === undefined && scenario !== undefined)

const choose = async (options: LinkChoiceOptions): Promise<DefaultLink> => {
  const { link, scenario } = options
  if (isSimulated(options)) {
    return { kind: await simulated(scenario), passedOver: [] }
  }
  return link === undefined ? defaultLinkKind() : { kind: named(link), passedOver: [] }
}

/** @throws InterplotError when the link is unknown, can't be used here, or finds no way out. */
export const chooseLink = async (options: LinkChoiceOptions, sampleTarget: Ipv4): Promise<LinkChoice> => {
  const { kind, passedOver } = await choose(options)
  const spec = await kind.resolve({
    sampleTarget,
    ...(options.interface === undefined ? {} : { interfaceName: options.interface }),
    ...(options.sourceIp?.[0] === undefined ? {} : { sourceAddress: options.sourceIp[0] }),
    ...(options.gatewayMac === undefined ? {} : { gatewayMac: options.gatewayMac }),
  })
  return { kind, spec, notes: passedOver.map((reason) => `link not used: ${reason}`) }
}

/** One line about the way out. */
export const describeLink = ({ kind, spec }: LinkChoice): string =>
  `${kind.name} link, ${spec.interfaceName}, from ${formatIpv4(spec.sourceAddress)}`
