/** What `interplot scan` can be told, and what of it can't stand together. */

import { InterplotError } from '../../core/errors.ts'
import type { Ipv4 } from '../../core/ip.ts'
import { DEFAULT_RESULTS_FILE } from '../default-results-file.ts'
import { refuseOverwriting } from '../output-path.ts'
import { REGION_OPTIONS } from '../region-options.ts'
import type { PrivilegeOptions } from '../run-privileges.ts'
import type { BannerOptions } from './banner-stage.ts'
import type { DryRunOptions } from './dry-run.ts'
import type { EngineChoiceOptions } from './engine-choice.ts'
import type { LogOptions } from './log.ts'
import { checkMetadataFile, parseUserMetadata } from './metadata-file.ts'
import type { ListingOptions } from './scan-listing.ts'
import type { MetadataOptions } from './scan-metadata.ts'
import type { ScanOutputOptions } from './scan-output.ts'
import type { PlanOptions } from './scan-plan-options.ts'
import type { ScanTargetOptions } from './scan-targets.ts'

export interface ScanOptions
  extends PlanOptions,
    Omit<EngineChoiceOptions, 'rate'>,
    ScanOutputOptions,
    ListingOptions,
    DryRunOptions,
    LogOptions,
    MetadataOptions,
    PrivilegeOptions,
    ScanTargetOptions,
    BannerOptions {
  targets: string[]
  statusUpdatesFile?: string
  json?: boolean
  sourceIp?: readonly Ipv4[]
  cores?: readonly number[]
  canaries?: boolean
  /** Results file whose unfinished scan is to be gone on with. */
  resume?: string
}

/** The results file, or null without one. */
export const dbPathOf = ({ db }: ScanOptions): string | null => (db === false ? null : (db ?? DEFAULT_RESULTS_FILE))

/** @throws InterplotError ERR_USAGE for two outputs in one place. */
export const checkFiles = (options: ScanOptions): void => {
  const { outputFile, metadataFile, statusUpdatesFile, logFile, json, userMetadata } = options
  if (json === true && outputFile === '-') {
    throw new InterplotError('ERR_USAGE', '--json and --output-file - both want standard output', {
      advice: 'Give the rows a file, or leave --json out: the results file keeps the summary of every run.',
    })
  }
  if (options.bannerOutput === '-' && (json === true || outputFile === '-' || metadataFile === '-')) {
    throw new InterplotError('ERR_USAGE', '--banner-output - wants standard output, and so does another option', {
      advice: 'Give the banners a file.',
    })
  }
  if (metadataFile === '-' && (json === true || outputFile === '-')) {
    throw new InterplotError('ERR_USAGE', '--metadata-file - wants standard output, and so does another option', {
      advice: 'Give the metadata a file.',
    })
  }
  if (userMetadata !== undefined) parseUserMetadata(userMetadata)
  const written = [metadataFile, statusUpdatesFile, logFile].filter((file) => file !== undefined)
  const kept = [outputFile, dbPathOf(options)].filter((file) => file !== undefined && file !== null)
  for (const [index, file] of written.entries()) refuseOverwriting(file, [...kept, ...written.slice(0, index)])
  if (metadataFile !== undefined) checkMetadataFile(metadataFile)
}

/** What the results file knows of an unfinished scan. */
const RESUME_FIXES = [
  ['targets', 'a target'],
  ...REGION_OPTIONS,
  ['database', '--database'],
  ['targetPorts', '--target-ports'],
  ['probeModule', '--probe-module'],
  ['probeArgs', '--probe-args'],
  ['allowlistFile', '--allowlist-file'],
  ['blocklistFile', '--blocklist-file'],
  ['optOut', '--opt-out'],
  ['listOfIpsFile', '--list-of-ips-file'],
  ['maxTargets', '--max-targets'],
  ['probes', '--probes'],
  ['probeTtl', '--probe-ttl'],
  ['validateSourcePort', '--validate-source-port'],
  ['contact', '--contact'],
  ['dedupMethod', '--dedup-method'],
  ['dedupWindowSize', '--dedup-window-size'],
  ['seed', '--seed'],
  ['shard', '--shard'],
  ['shards', '--shards'],
  ['senderThreads', '--sender-threads'],
  ['sourcePort', '--source-port'],
  ['db', '--db'],
] as const satisfies readonly (readonly [keyof ScanOptions, string])[]

/** @throws InterplotError ERR_USAGE for an option that the scan that is gone on with has settled. */
export const refuseSettled = (options: ScanOptions): void => {
  const given = RESUME_FIXES.filter(([name]) => {
    const value = options[name]
    return Array.isArray(value) ? value.length > 0 : value !== undefined
  })
  const [first] = given
  if (first !== undefined) {
    throw new InterplotError('ERR_USAGE', `${first[1]} cannot be chosen anew for a scan that is gone on with`, {
      advice: 'Leave it out: the results file knows.',
    })
  }
}
