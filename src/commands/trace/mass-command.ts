/** The options of mass traces: `interplot trace --targets …`. */

import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { InterplotError } from '../../core/errors.ts'
import { isIpv4 } from '../../core/ip.ts'
import { DEFAULT_RESULTS_FILE } from '../default-results-file.ts'
import { bandwidthOption, collectList, durationOption, integerOption, shareOption } from '../option-parsers.ts'
import { checkMass, type MassWords, refuseStray } from './mass-conflicts.ts'
import type { MassTraceOptions } from './mass-options.ts'
import type { TraceOptions } from './trace-options.ts'

const MAX_TTL = 63

export const defineMass = (command: Command): Command =>
  command
    .optionsGroup('Many targets at once (IPv4):')
    .option('--targets <file or prefixes>', 'trace to all of them, without a memory of what was sent', collectList)
    .option('--exhaustive', 'probe every TTL of every target, and spare none')
    .option(
      '--fill <ttl>',
      'with --exhaustive: go on beyond the last TTL while routers answer',
      integerOption('--fill', 1, MAX_TTL),
    )
    .option(
      '--split-ttl <n>',
      'where paths are begun in the middle (default: 16)',
      integerOption('--split-ttl', 1, MAX_TTL),
    )
    .option('--no-preprobe', 'measure no distances first')
    .option(
      '--neighbours <n>',
      'how many targets on either side share a measured distance (default: 5)',
      integerOption('--neighbours', 0, 255),
    )
    .option(
      '--stop-after <n>',
      'follow a path back to a router that so many others have shown; 0 = to the first (default: 5)',
      integerOption('--stop-after', 0, 255),
    )
    .option('-B, --bandwidth <bits>', 'bits a second on the line (default: 2M)', bandwidthOption('--bandwidth'))
    .option('-c, --cooldown-time <time>', 'keep listening after the last probe', durationOption('--cooldown-time'))
    .option('-t, --max-runtime <time>', 'send no longer than that', durationOption('--max-runtime'))
    .option('--max-targets <n>', 'stop after so many targets, or a percentage', shareOption('--max-targets'))
    .option('--shards <n>', 'split the targets into so many parts', integerOption('--shards', 1, 65_535))
    .option('--shard <n>', 'which part, from 0', integerOption('--shard', 0, 65_534))
    .option('--resume <file>', 'go on with the unfinished mass trace of a results file')
    .option('--allowlist-file <file>', 'trace to nothing outside the addresses listed there')
    .option('--allow-special <prefixes>', 'open special-purpose ranges, for a lab or your own network', collectList)
    .option('-o, --output-file <file>', 'also write a row for each hop to a file, or to standard output with -')
    .option('-O, --output-module <name>', 'csv, ndjson, json or text (default: by the file name)')

/**
 * @returns the options of a mass trace, or null when none was asked for.
 * @throws InterplotError ERR_USAGE for options of the other kind.
 */
export const massOptions = (options: TraceOptions & MassWords, hosts: readonly string[]): MassTraceOptions | null => {
  const { targets, every, resume, icmp, udp, tcp, outputModule, db, sourceIp, ...rest } = options
  const prefixBits = every !== undefined && 'prefixBits' in every ? every.prefixBits : undefined
  if (targets === undefined && prefixBits === undefined && resume === undefined) {
    refuseStray(options)
    return null
  }
  checkMass(options, hosts)
  if (sourceIp !== undefined && !isIpv4(sourceIp)) {
    throw new InterplotError('ERR_USAGE', 'many targets are traced over IPv4', {
      advice: 'Give an IPv4 source address.',
    })
  }
  const [first] = targets ?? []
  const isFile = targets?.length === 1 && first !== undefined && existsSync(first)
  return {
    ...rest,
    ...(icmp === true
      ? { probe: 'icmp' as const }
      : tcp === true
        ? { probe: 'tcp' as const }
        : { probe: 'udp' as const }),
    ...(isFile ? { targetsFile: first } : targets === undefined ? {} : { targets }),
    ...(prefixBits === undefined ? {} : { every: prefixBits }),
    ...(resume === undefined ? {} : { resume }),
    ...(outputModule === undefined ? {} : { outputFormat: outputModule }),
    ...(sourceIp === undefined ? {} : { sourceIp: [sourceIp] }),
    db: db ?? DEFAULT_RESULTS_FILE,
  }
}
