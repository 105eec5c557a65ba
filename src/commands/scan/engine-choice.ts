/** Which engine carries out a scan: the one asked for, or interplot's own. */

import { InterplotError } from '../../core/errors.ts'
import type { Ipv4 } from '../../core/ip.ts'
import { linkKinds } from '../../link/registry.ts'
import type { ProbeModule } from '../../probe/modules/contract.ts'
import { type ConnectOptions, checkConnect, connectEngine } from './connect-engine.ts'
import { chooseLink, describeLink, type LinkChoiceOptions, routeOf } from './link-choice.ts'
import { nativeEngine } from './native-engine.ts'
import type { EngineChoice } from './scan-engine.ts'

const ENGINE_NAMES = ['native', 'zmap', 'raw', 'connect'] as const

export interface EngineChoiceOptions extends LinkChoiceOptions, Omit<ConnectOptions, keyof LinkChoiceOptions> {
  engine?: string
  resume?: string
  contact?: string
}

const refuse = (message: string, advice: string): never => {
  throw new InterplotError('ERR_USAGE', message, { advice })
}

/** @throws InterplotError ERR_USAGE for options that only interplot's own engine has. */
const checkNativeOnly = (engine: string, options: EngineChoiceOptions): void => {
  const { rate, canaries, resume, contact, link, scenario } = options
  const given = [
    ['--rate auto', rate === 'auto'],
    ['--canaries', canaries === true],
    ['--resume', resume !== undefined],
    ['--contact', contact !== undefined],
    ['--link', link !== undefined],
    ['--scenario', scenario !== undefined],
    ['several interfaces', options.interface?.includes(',') === true],
  ] as const
  for (const [name, isGiven] of given) {
    if (isGiven) refuse(`the ${engine} engine has no ${name}`, 'Leave one of the two out.')
  }
}

const native = async (options: LinkChoiceOptions, sample: Ipv4): Promise<EngineChoice> => {
  const choice = await chooseLink(options, sample)
  const { spec, specs, notes } = choice
  const route = routeOf(choice)
  return { engine: nativeEngine(choice), spec, specs, route, notes, description: describeLink(choice) }
}

const zmap = async (options: EngineChoiceOptions, module: ProbeModule, sample: Ipv4): Promise<EngineChoice> => {
  const { zmapEngine } = await import('./zmap-engine.ts')
  const choice = await chooseLink(options, sample)
  const { engine, version } = await zmapEngine(module, choice.spec)
  return {
    engine,
    spec: { ...choice.spec, link: 'zmap' },
    specs: [{ ...choice.spec, link: 'zmap' }],
    route: choice.spec,
    notes: [],
    description: describeLink(choice).replace(/^\S+ link/, `zmap ${version}`),
  }
}

/** Trouble for which the engine without privileges is the way out. */
const isOutOfReach = (error: unknown): error is InterplotError =>
  error instanceof InterplotError && (error.code === 'ERR_RAW_PRIVILEGE' || error.code === 'ERR_LINK_UNAVAILABLE')

/** interplot's own, or connections where raw packets are not to be had and connections can do what is asked for. */
const nativeOrConnect = async (
  options: EngineChoiceOptions,
  module: ProbeModule,
  sample: Ipv4,
): Promise<EngineChoice> => {
  try {
    return await native(options, sample)
  } catch (error) {
    if (!isOutOfReach(error) || options.engine !== undefined || options.link !== undefined) throw error
    try {
      const choice = await connectEngine(options, module, sample)
      const note = `${error.message}: scanning without them (--engine connect), slower and without TTLs and ICMP errors`
      return { ...choice, notes: [note] }
    } catch (second) {
      // What would open the way without privileges is worth a word; that it cannot do what is asked for is not.
      if (!(second instanceof InterplotError) || second.code !== 'ERR_RAW_PRIVILEGE') throw error
      const advice = `${error.advice ?? ''}; for ICMP echo alone: ${second.advice?.replace(/^.*?: /, '') ?? ''}`
      throw new InterplotError(error.code, error.message, { advice, cause: second })
    }
  }
}

/**
 * What speaks against the chosen engine before anything is opened: a dry run refuses it, too.
 * @param hasPairs whether the targets are a list of addresses with ports.
 * @throws InterplotError ERR_UNKNOWN_NAME, ERR_USAGE.
 */
export const checkEngine = async (
  options: EngineChoiceOptions,
  module: ProbeModule,
  hasPairs: boolean,
): Promise<void> => {
  const { engine = 'native', link, scenario } = options
  if (!(ENGINE_NAMES as readonly string[]).includes(engine)) {
    throw new InterplotError('ERR_UNKNOWN_NAME', `there is no engine "${engine}"`, {
      advice: `There are: ${ENGINE_NAMES.join(', ')}.`,
    })
  }
  if (link !== undefined && link !== 'sim') linkKinds.get(link)
  if (engine === 'raw' && link !== undefined && link !== 'raw')
    refuse(`--engine raw is --link raw, not ${link}`, 'Leave one of them out.')
  if (engine === 'zmap') {
    checkNativeOnly('zmap', options)
    const { checkZmap } = await import('./zmap-engine.ts')
    checkZmap(module, hasPairs)
  }
  if (engine !== 'connect') return
  if (link !== undefined || scenario !== undefined) {
    refuse('the connect engine has no --link', 'Leave one of the two out.')
  }
  checkConnect(options, module)
}

/** @throws InterplotError when the engine cannot be used here; that it can do what is asked for was checked before. */
export const chooseEngine = (
  options: EngineChoiceOptions,
  module: ProbeModule,
  sample: Ipv4,
): Promise<EngineChoice> => {
  const { engine } = options
  if (engine === 'raw') return native({ ...options, link: 'raw' }, sample)
  if (engine === 'zmap') return zmap(options, module, sample)
  if (engine === 'connect') return connectEngine(options, module, sample)
  return nativeOrConnect(options, module, sample)
}
