/** Which engine carries out a scan: the one asked for, or interplot's own. */

import { InterplotError } from '../core/errors.ts'
import type { Ipv4 } from '../core/ip.ts'
import type { ProbeModule } from '../probe/modules/contract.ts'
import { chooseLink, describeLink, type LinkChoiceOptions, routeOf } from './link-choice.ts'
import { nativeEngine } from './native-engine.ts'
import type { EngineChoice } from './scan-engine.ts'

const ENGINE_NAMES = ['native', 'zmap', 'raw', 'connect'] as const

export interface EngineChoiceOptions extends LinkChoiceOptions {
  engine?: string
  rate?: number | 'auto'
  canaries?: boolean
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
  checkNativeOnly('zmap', options)
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

/** @throws InterplotError when the engine is unknown, cannot be used here, or cannot do what is asked for. */
export const chooseEngine = async (
  options: EngineChoiceOptions,
  module: ProbeModule,
  sample: Ipv4,
): Promise<EngineChoice> => {
  const { engine = 'native', link } = options
  if (engine === 'native') return native(options, sample)
  if (engine === 'raw') {
    if (link !== undefined && link !== 'raw')
      refuse(`--engine raw is --link raw, not ${link}`, 'Leave one of them out.')
    return native({ ...options, link: 'raw' }, sample)
  }
  if (engine === 'zmap') return zmap(options, module, sample)
  throw new InterplotError('ERR_UNKNOWN_NAME', `there is no engine "${engine}"`, {
    advice: `There are: ${ENGINE_NAMES.join(', ')}.`,
  })
}
