/** Options of a trace of one host and of many that cannot stand together. */

import { existsSync } from 'node:fs'
import { InterplotError } from '../../core/errors.ts'
import { printableText } from '../../core/printable-text.ts'
import type { MassTraceOptions } from './mass-options.ts'
import type { TraceOptions } from './trace-options.ts'

/** What only mass traces have. */
export interface MassWords
  extends Omit<MassTraceOptions, 'targets' | 'targetsFile' | 'db' | 'probe' | 'outputFormat' | 'every' | 'sourceIp'> {
  targets?: string[]
  outputModule?: string
}

const ONLY_MASS = [
  'exhaustive',
  'fill',
  'splitTtl',
  'neighbours',
  'stopAfter',
  'bandwidth',
  'cooldownTime',
  'maxRuntime',
  'maxTargets',
  'shards',
  'shard',
  'allowlistFile',
  'allowSpecial',
  'outputFile',
  'outputModule',
] as const satisfies readonly (keyof MassWords)[]

/** What a mass trace does not do. */
const NEVER_MASS = [
  'rule',
  'ipv6',
  'queries',
  'window',
  'wait',
  'packetSize',
  'tos',
  'dontFragment',
  'flow',
  'maskHops',
  'sourcePort',
  'dnsServer',
  'database',
  'home',
  'map',
  'report',
  'multipath',
  'confidence',
  'mtu',
  'csv',
  'dot',
  'graphml',
  'raw',
  'interval',
  'cycles',
  'jitter',
  'rounds',
  'exitCodeOnChange',
  'webhook',
] as const satisfies readonly (keyof TraceOptions)[]

/** What a resumed mass trace has from its file. */
const NEVER_RESUMED = [
  'targets',
  'every',
  ...['icmp', 'udp', 'tcp', 'port', 'seed', 'firstTtl', 'maxTtl', 'gapLimit', 'blocklistFile'],
  ...['exhaustive', 'fill', 'splitTtl', 'neighbours', 'stopAfter', 'maxTargets', 'shards', 'shard'],
  ...['allowlistFile', 'allowSpecial', 'db'],
] as const satisfies readonly (keyof MassWords | keyof TraceOptions)[]

const optionName = (key: string): string => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

/** The first of these options that was given. */
const givenOf = <T extends object>(keys: readonly (string & keyof T)[], options: T): string | undefined => {
  const key = keys.find((each) => options[each] !== undefined)
  return key === undefined ? undefined : optionName(key)
}

/** @throws InterplotError ERR_USAGE */
const checkResumed = (options: TraceOptions & MassWords): void => {
  const stray = options.preprobe === false ? '--no-preprobe' : givenOf(NEVER_RESUMED, options)
  if (stray === undefined) return
  throw new InterplotError('ERR_USAGE', `${stray} and --resume exclude each other`, {
    advice: 'A resumed trace has its targets and its way of asking from the file; its pace and its way out may be new.',
  })
}

/** A path, or a name with an ending that no host has: nobody's name server is asked for it. */
const LOOKS_LIKE_FILE = /\/(?!\d+$)|\.(?:txt|csv|tsv|list|lst|dat)$/i

/**
 * No targets at all are every address of the Internet, which an empty variable of a shell must not ask for.
 * @throws InterplotError ERR_USAGE, ERR_INPUT_FILE
 */
const checkTargets = (targets: readonly string[] | undefined): void => {
  if (targets === undefined) return
  if (targets.length === 0) {
    throw new InterplotError('ERR_USAGE', '--targets names nobody', { advice: 'Give a file or prefixes.' })
  }
  const path = targets.find((each) => LOOKS_LIKE_FILE.test(each) && !existsSync(each))
  if (path !== undefined) {
    throw new InterplotError('ERR_INPUT_FILE', `there is no file ${printableText(path)}`, {
      advice: '--targets wants a file, or prefixes like 192.0.2.0/24.',
    })
  }
}

/** @throws InterplotError ERR_USAGE for what only a trace of many targets has. */
export const refuseStray = (options: TraceOptions & MassWords): void => {
  const stray = options.preprobe === false ? '--no-preprobe' : givenOf(ONLY_MASS, options)
  if (stray === undefined) return
  throw new InterplotError('ERR_USAGE', `${stray} is for many targets`, {
    advice: 'Name them with --targets, or leave it out.',
  })
}

/** @throws InterplotError ERR_USAGE for what a trace of many targets has not, ERR_INPUT_FILE */
export const checkMass = (options: TraceOptions & MassWords, hosts: readonly string[]): void => {
  const { targets, every, resume, icmp, udp, tcp } = options
  if (every !== undefined && !('prefixBits' in every)) {
    throw new InterplotError('ERR_USAGE', '--every of many targets is the length of a prefix', {
      advice: 'Like --every /24.',
    })
  }
  const stray = options.live === true ? '--live' : givenOf(NEVER_MASS, options)
  if (stray !== undefined) {
    throw new InterplotError('ERR_USAGE', `${stray} does nothing in a trace of many targets`, {
      advice: 'Leave it out, or name the hosts without --targets.',
    })
  }
  if (resume !== undefined) checkResumed(options)
  checkTargets(targets)
  if (hosts.length > 0) {
    throw new InterplotError(
      'ERR_USAGE',
      `hosts and ${resume !== undefined ? '--resume' : targets === undefined ? '--every' : '--targets'} exclude each other`,
      {
        advice: 'Name them all with --targets.',
      },
    )
  }
  if ([icmp, udp, tcp].filter((each) => each === true).length > 1) {
    throw new InterplotError('ERR_USAGE', 'a trace sends one kind of probe', { advice: 'Choose one of -I, -U and -T.' })
  }
}
