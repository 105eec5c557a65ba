/**
 * `-m FILE`: a scan as one JSON object, under zmap's keys, of all its versions where they changed (total_sent became
 * packets_sent, hosts_scanned targets_scanned). What only interplot has is under "interplot". A key whose subject does not
 * exist here (zmap's group generator) is null.
 */

import { hostname } from 'node:os'
import { formatIpv4, rawIpv4 } from '../../core/ip.ts'
import type { LinkSpec } from '../../link/contract.ts'
import { DEFAULT_FILTER } from '../../output/reply-filter.ts'
import { REJECTIONS } from '../../probe/modules/contract.ts'
import { probeModules } from '../../probe/modules/index.ts'
import { type ScanPlan, senderWalk } from '../../probe/scan-plan.ts'
import { type CidrSet, toCidrs } from '../../targets/cidr-set.ts'
import { newTargetBatch } from '../../targets/target-set.ts'
import type { SelectedRegion } from '../region-selection.ts'
import { parseUserMetadata } from './metadata-file.ts'
import type { ScanSummary } from './scan-summary.ts'
import type { ScanTally } from './scan-tally.ts'

export interface MetadataOptions {
  metadataFile?: string
  notes?: string
  userMetadata?: string
  allowlistFile?: string
  blocklistFile?: string
  listOfIpsFile?: string
  outputFile?: string
  outputArgs?: string
  logFile?: string
  logDirectory?: string
  verbosity?: number
  gatewayMac?: string
  sourceMac?: string
  targetPorts?: string
  targets?: readonly string[]
  seed?: string
  bandwidth?: number
  maxRuntime?: number
  maxResults?: number
  maxSendtoFailures?: number
  minHitrate?: number
  quiet?: boolean
}

/** Everything that the metadata are made from. */
export interface MetadataFacts {
  options: MetadataOptions
  plan: ScanPlan
  spec: LinkSpec
  summary: ScanSummary
  tally: Readonly<ScanTally>
  outcome: 'done' | 'interrupted' | 'failed'
  startedUs: number
  finishedUs: number
  /** Of the rows' output; null without one. */
  output: { module: string; filter: string; rows: number } | null
  allowlist: CidrSet | null
  blocklist: CidrSet | null
  region: SelectedRegion | null
  /** What the program was called with. */
  argumentsGiven: readonly string[]
}

const NO_MAC = '00:00:00:00:00:00'

/** 2026-11-21T09:00:27+0000 */
const zmapTime = (timeUs: number): string => new Date(timeUs / 1000).toISOString().replace(/\.\d+Z$/, '+0000')

const usTo = (us: number | undefined): number => Math.round((us ?? 0) / 1e6)

/** The first target's address in zmap's raw form. */
const firstScanned = (plan: ScanPlan): number => {
  const batch = newTargetBatch(1)
  if (senderWalk({ ...plan, senders: 1 }, 0).next(batch, 1, 1) === 0) return 0
  return rawIpv4(batch.addresses[0]!)
}

/** Keys whose values the person gave, left out where nothing was given, as zmap does. */
const givenKeys = ({ options, output, allowlist, blocklist }: MetadataFacts): Record<string, unknown> => ({
  ...(output === null ? {} : { output_filter: output.filter }),
  log_file: options.logFile,
  log_directory: options.logDirectory,
  cli_cidr_destinations: options.targets?.length === 0 ? undefined : options.targets,
  output_args: options.outputArgs,
  output_filename: options.outputFile,
  blocklist_filename: options.blocklistFile,
  allowlist_filename: options.allowlistFile,
  list_of_ips_filename: options.listOfIpsFile,
  notes: options.notes,
  'user-metadata': options.userMetadata === undefined ? undefined : parseUserMetadata(options.userMetadata),
  blocklisted_networks: blocklist === null ? undefined : toCidrs(blocklist),
  allowlisted_networks: allowlist === null ? undefined : toCidrs(allowlist),
})

const settingKeys = ({ options, plan, spec, summary, output }: MetadataFacts): Record<string, unknown> => ({
  local_hostname: hostname(),
  full_hostname: hostname(),
  target_port: plan.targets.ports[0] ?? 0,
  target_ports: options.targetPorts ?? '',
  source_port_first: plan.sourcePorts.first,
  source_port_last: plan.sourcePorts.last,
  max_targets: plan.limit ?? 0,
  max_runtime: usTo(options.maxRuntime),
  max_results: options.maxResults ?? 0,
  output_results: output?.rows ?? summary.success,
  iface: spec.interfaceName,
  rate: Number.isFinite(plan.ratePps) ? Math.round(plan.ratePps) : 0,
  bandwidth: options.bandwidth ?? 0,
  cooldown_secs: usTo(plan.cooldownUs),
  senders: plan.senders,
  seed: /^\d{1,15}$/.test(plan.seed) ? Number(plan.seed) : plan.seed,
  seed_provided: options.seed === undefined ? 0 : 1,
  generator: null,
  hitrate: summary.sent === 0 ? 0 : (100 * summary.success) / summary.sent,
  shard_num: plan.shard,
  total_shards: plan.shards,
  min_hitrate: options.minHitrate ?? 0,
  max_sendto_failures: options.maxSendtoFailures ?? -1,
  syslog: 0,
  default_mode: output === null || output.filter === DEFAULT_FILTER ? 1 : 0,
  filter_duplicates: output === null || /repeat = 0/.test(output.filter) ? 1 : 0,
  filter_unsuccessful: output === null || /success = 1/.test(output.filter) ? 1 : 0,
})

const resultKeys = ({ plan, summary, tally }: MetadataFacts): Record<string, unknown> => {
  const refused = REJECTIONS.filter((reason) => reason !== 'fragment').reduce((sum, reason) => sum + summary[reason], 0)
  return {
    pcap_recv: summary.received,
    pcap_drop: summary.droppedByKernel,
    pcap_ifdrop: 0,
    ip_fragments: summary.fragment,
    blocklist_total_allowed: plan.targets.addresses.size,
    blocklist_total_not_allowed: 2 ** 32 - plan.targets.addresses.size,
    validation_passed: summary.accepted,
    validation_failed: refused,
    first_scanned: firstScanned(plan),
    send_to_failures: summary.failed,
    total_sent: summary.sent,
    packets_sent: summary.sent,
    hosts_scanned: summary.targets,
    targets_scanned: summary.targets,
    success_total: tally.successTotal,
    success_unique: tally.successUnique,
    ...(tally.appSuccessTotal === null
      ? {}
      : { app_success_total: tally.appSuccessTotal, app_success_unique: tally.appSuccessUnique }),
    success_cooldown_total: tally.cooldownTotal,
    success_cooldown_unique: tally.cooldownUnique,
    failure_total: tally.failureTotal,
  }
}

const regionFacts = ({ description, databases, addresses }: SelectedRegion): Record<string, unknown> => ({
  terms: description,
  databases,
  addresses: addresses.size,
  ranges: addresses.firsts.length,
})

/** @returns the object; keys that are undefined do not appear in its JSON. */
export const scanMetadata = (facts: MetadataFacts): Record<string, unknown> => {
  const { options, plan, spec, summary, startedUs, finishedUs } = facts
  const { gatewayMac } = spec.details
  const [zmapName] = probeModules.get(plan.module).aliases ?? []
  const sendEndUs = Math.min(finishedUs, startedUs + summary.sendingUs)
  return {
    ...settingKeys(facts),
    ...resultKeys(facts),
    packet_streams: plan.copies,
    probe_module: zmapName ?? plan.module,
    output_module: facts.output?.module ?? null,
    send_start_time: zmapTime(startedUs),
    send_end_time: zmapTime(sendEndUs),
    recv_start_time: zmapTime(startedUs),
    recv_end_time: zmapTime(finishedUs),
    probe_args: plan.probeArgs ?? undefined,
    probe_ttl: plan.probeTtl,
    gateway_mac: options.gatewayMac ?? (typeof gatewayMac === 'string' && gatewayMac !== '' ? gatewayMac : NO_MAC),
    source_mac: options.sourceMac ?? NO_MAC,
    source_ips: plan.sourceAddresses.map(formatIpv4),
    dryrun: 0,
    quiet: options.quiet === true ? 1 : 0,
    log_level: options.verbosity ?? 3,
    ...givenKeys(facts),
    interplot: {
      module: plan.module,
      arguments: facts.argumentsGiven,
      outcome: facts.outcome,
      link: spec.link,
      ...(facts.region === null ? {} : { region: regionFacts(facts.region) }),
      started: new Date(startedUs / 1000).toISOString(),
      finished: new Date(finishedUs / 1000).toISOString(),
      summary,
    },
  }
}
