/** Which link a command probes through: the one asked for, or the best that works on this machine. */

import { InterplotError } from '../../core/errors.ts'
import { formatIpv4, type IpAddress, type Ipv4, type Ipv6, isIpv4 } from '../../core/ip.ts'
import type { LinkKind, LinkSpec, VlanTag } from '../../link/contract.ts'
import { type DefaultLink, defaultLinkKind, linkKinds } from '../../link/registry.ts'
import { MAX_RECEIVERS } from '../../probe/scan-control.ts'
import type { Route } from './scan-plan-options.ts'

export interface LinkChoiceOptions {
  link?: string
  scenario?: string
  /** One, or several with commas. */
  interface?: string
  /** The first is the link's; packets say which they leave from. With several interfaces: one for each. */
  sourceIp?: readonly Ipv4[]
  /** Of a trace over IPv6. */
  sourceIp6?: Ipv6
  gatewayMac?: string
  sourceMac?: string
  vlan?: VlanTag
  iplayer?: boolean
}

export interface LinkChoice {
  kind: LinkKind
  /** The first way out. */
  spec: LinkSpec
  /** All of them: one for each interface. */
  specs: readonly LinkSpec[]
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
    import('../../lab/scenario.ts'),
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
export const isSimulated = ({ link, scenario }: Pick<LinkChoiceOptions, 'link' | 'scenario'>): boolean =>
  link === 'sim' || (link === undefined && scenario !== undefined)

const choose = async (options: LinkChoiceOptions): Promise<DefaultLink> => {
  const { link, scenario } = options
  if (isSimulated(options)) {
    return { kind: await simulated(scenario), passedOver: [] }
  }
  return link === undefined ? defaultLinkKind() : { kind: named(link), passedOver: [] }
}

/**
 * Who names a scenario wants nothing to leave this machine: another link would send real packets to the addresses of a simulation.
 * @throws InterplotError ERR_USAGE
 */
const checkScenario = ({ link, scenario }: LinkChoiceOptions): void => {
  if (scenario === undefined || link === undefined || link === 'sim') return
  throw new InterplotError('ERR_USAGE', `--scenario is a simulation, and --link ${link} sends real packets`, {
    advice: 'Leave one of them out.',
  })
}

/** @throws InterplotError ERR_USAGE for wishes about frames that the link does not write. */
const checkFrames = ({ name, frames }: LinkKind, { sourceMac, vlan }: LinkChoiceOptions): void => {
  if (frames || (sourceMac === undefined && vlan === undefined)) return
  throw new InterplotError('ERR_USAGE', `the ${name} link writes no Ethernet frames`, {
    advice: 'Leave --source-mac and --vlan out, or choose --link packet.',
  })
}

/** @throws InterplotError ERR_USAGE for what cannot be said of several interfaces at once. */
const checkSeveral = ({ name, threads }: LinkKind, names: readonly string[], options: LinkChoiceOptions): void => {
  if (names.length < 2) return
  const refuse = (message: string, advice: string): never => {
    throw new InterplotError('ERR_USAGE', message, { advice })
  }
  if (!threads) refuse(`the ${name} link sends through one interface`, 'Choose --link packet for several.')
  if (names.length > MAX_RECEIVERS || new Set(names).size < names.length) {
    refuse(`--interface wants up to ${MAX_RECEIVERS} different interfaces`, 'Name each once.')
  }
  if (options.gatewayMac !== undefined || options.vlan !== undefined) {
    refuse('several interfaces have several gateways', 'Leave --gateway-mac and --vlan out: each way is found.')
  }
  if (options.sourceIp !== undefined && options.sourceIp.length !== names.length) {
    refuse(`${names.length} interfaces and ${options.sourceIp.length} source addresses`, 'Give one for each, in order.')
  }
}

/** @throws InterplotError when the link is unknown, can't be used here, or finds no way out. */
export const chooseLink = async (options: LinkChoiceOptions, sampleTarget: IpAddress): Promise<LinkChoice> => {
  checkScenario(options)
  const { kind, passedOver } = await choose(options)
  checkFrames(kind, options)
  const names = options.interface?.split(',').map((name) => name.trim()) ?? [undefined]
  checkSeveral(
    kind,
    names.filter((name) => name !== undefined),
    options,
  )
  const wishes = {
    ...(isIpv4(sampleTarget) ? { sampleTarget } : { sampleTarget6: sampleTarget }),
    ...(options.gatewayMac === undefined ? {} : { gatewayMac: options.gatewayMac }),
    ...(options.sourceMac === undefined ? {} : { sourceMac: options.sourceMac }),
    ...(options.vlan === undefined ? {} : { vlan: options.vlan }),
    ...(options.iplayer === undefined ? {} : { ipLayer: options.iplayer }),
  }
  const specs: LinkSpec[] = []
  for (const [index, interfaceName] of names.entries()) {
    const sourceAddress = options.sourceIp?.[index]
    specs.push(
      await kind.resolve({
        ...wishes,
        ...(interfaceName === undefined ? {} : { interfaceName }),
        ...(sourceAddress === undefined ? {} : { sourceAddress }),
        ...(options.sourceIp6 === undefined ? {} : { sourceAddress6: options.sourceIp6 }),
      }),
    )
  }
  return { kind, spec: specs[0]!, specs, notes: passedOver.map((reason) => `link not used: ${reason}`) }
}

/** Where probes leave from: for several ways out all their addresses, and the least of their MTUs. */
export const routeOf = ({ spec, specs }: LinkChoice): Route =>
  specs.length === 1
    ? spec
    : {
        sourceAddress: spec.sourceAddress,
        sourceAddresses: specs.map(({ sourceAddress }) => sourceAddress),
        mtu: Math.min(...specs.map(({ mtu }) => mtu)),
      }

/** One line about the way out. */
export const describeLink = ({ kind, specs }: LinkChoice): string =>
  `${kind.name} link, ${specs.map((spec) => `${spec.interfaceName}, from ${formatIpv4(spec.sourceAddress)}`).join(', and ')}`
