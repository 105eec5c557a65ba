import { describe, expect, it } from 'vitest'
import { logLine } from '../../../src/commands/scan/log.ts'
import { type MetadataFacts, scanMetadata } from '../../../src/commands/scan/scan-metadata.ts'
import { summarise, summaryLines } from '../../../src/commands/scan/scan-summary.ts'
import { makeScanTally } from '../../../src/commands/scan/scan-tally.ts'
import { makeStatusLines, type ScanStatus, STATUS_COLUMNS } from '../../../src/commands/scan/status-updates.ts'
import { ipv4, parseIpv4 } from '../../../src/core/ip.ts'
import { makeReplyBatch, REPLY_COOLDOWN, REPLY_REPEAT, REPLY_SUCCESS } from '../../../src/core/reply-batch.ts'
import { makeScanControl } from '../../../src/probe/scan-control.ts'
import { cidrSet } from '../../../src/targets/cidr-set.ts'
import { makeTargetSet } from '../../../src/targets/target-set.ts'
import { testPlan } from '../../probe/test-plan.ts'

const FIRST = parseIpv4('192.0.2.0')!
const range = (count: number) => cidrSet([{ first: FIRST, last: ipv4(FIRST + count - 1) }])

/** zmap's keys, as its versions 2 to 4 write them, less those that say what was not given. */
const ALWAYS = [
  'local_hostname full_hostname target_port target_ports source_port_first source_port_last max_targets max_runtime',
  'max_results output_results iface rate bandwidth cooldown_secs senders seed seed_provided generator hitrate',
  'shard_num total_shards min_hitrate max_sendto_failures syslog default_mode filter_duplicates filter_unsuccessful',
  'pcap_recv pcap_drop pcap_ifdrop ip_fragments blocklist_total_allowed blocklist_total_not_allowed',
  'validation_passed validation_failed first_scanned send_to_failures total_sent packets_sent hosts_scanned',
  'targets_scanned success_total success_unique success_cooldown_total success_cooldown_unique failure_total',
  'packet_streams probe_module output_module send_start_time send_end_time recv_start_time recv_end_time probe_ttl',
  'gateway_mac source_mac source_ips dryrun quiet log_level interplot',
].flatMap((line) => line.split(' '))
const WHEN_GIVEN = [
  'output_filter log_file log_directory cli_cidr_destinations probe_args output_args output_filename',
  'blocklist_filename allowlist_filename list_of_ips_filename notes user-metadata blocklisted_networks',
  'allowlisted_networks app_success_total app_success_unique',
].flatMap((line) => line.split(' '))

const facts = (more: Partial<MetadataFacts> = {}): MetadataFacts => {
  const plan = testPlan(makeTargetSet(range(256), Uint16Array.of(80)), { module: 'tcp-syn', seed: '42' })
  const totals = { ...makeScanControl().totals(), sent: 256, targets: 256, success: 64, accepted: 70, cookie: 3 }
  const { tally } = makeScanTally(undefined)
  return {
    options: {},
    plan,
    spec: { link: 'packet', sourceAddress: FIRST, interfaceName: 'eth0', mtu: 1500, details: {} },
    summary: summarise({
      plan,
      totals,
      sendingUs: 1_000_000,
      elapsedUs: 9_000_000,
      tally,
      canaries: null,
      answeringNetworks: 0,
      interfaceDrops: 0,
    }),
    tally,
    outcome: 'done',
    startedUs: 1_800_000_000_000_000,
    finishedUs: 1_800_000_009_000_000,
    output: null,
    allowlist: null,
    blocklist: null,
    region: null,
    argumentsGiven: ['scan'],
    ...more,
  }
}
const keysOf = (given: MetadataFacts): string[] => Object.keys(JSON.parse(JSON.stringify(scanMetadata(given))))

describe('the summary', () => {
  it.each([
    ['failed', /^1,234 probes could not be sent/],
    ['droppedByKernel', /^the kernel dropped 1,234 packets before they were read/],
    ['interfaceDrops', /^the interface dropped 1,234 packets meanwhile/],
    ['outages', /^the interface went down 1234 times while answers were awaited/],
  ] as const)('names losses of the kind %s, and only when there are any', (counter, line) => {
    const { summary } = facts()
    const named = (value: number): string[] =>
      summaryLines({ ...summary, [counter]: value }).filter((each) => line.test(each))
    expect(named(0)).toEqual([])
    expect(named(1234).length).toBe(1)
  })
})

describe('metadata', () => {
  it('have zmap’s keys, and one of our own', () => {
    expect(keysOf(facts()).sort()).toEqual([...ALWAYS].sort())
  })

  it('say what was given where it was given', () => {
    const given = facts({
      options: {
        logFile: 'l',
        logDirectory: 'L',
        targets: ['192.0.2.0/24'],
        outputArgs: 'a',
        outputFile: 'o',
        blocklistFile: 'b',
        allowlistFile: 'w',
        listOfIpsFile: 'i',
        notes: 'n',
        userMetadata: '{"who":["me"]}',
      },
      output: { module: 'csv', filter: 'success = 1', rows: 12 },
      allowlist: range(256),
      blocklist: range(6),
      tally: makeScanTally({ name: 'app_success', help: '', type: 'bool', get: () => true }).tally,
    })
    given.plan.probeArgs = 'text:x'
    expect(keysOf(given).sort()).toEqual([...ALWAYS, ...WHEN_GIVEN].sort())
    expect(scanMetadata(given)).toMatchObject({
      'user-metadata': { who: ['me'] },
      blocklisted_networks: ['192.0.2.0/30', '192.0.2.4/31'],
      allowlisted_networks: ['192.0.2.0/24'],
      output_results: 12,
      filter_unsuccessful: 1,
      filter_duplicates: 0,
    })
  })

  it('have zmap’s values', () => {
    const metadata = scanMetadata(facts())
    expect(metadata).toMatchObject({
      probe_module: 'tcp_synscan',
      seed: 42,
      hitrate: 25,
      send_start_time: '2027-01-15T08:00:00+0000',
      send_end_time: '2027-01-15T08:00:01+0000',
      recv_end_time: '2027-01-15T08:00:09+0000',
      validation_passed: 70,
      validation_failed: 3,
      blocklist_total_allowed: 256,
      blocklist_total_not_allowed: 2 ** 32 - 256,
      interplot: { module: 'tcp-syn', outcome: 'done', summary: { success: 64 } },
    })
    // The first address in network order, read as a little-endian number: 192.0.2.x ends in 0x0200c0.
    expect((metadata['first_scanned'] as number) & 0xffffff).toBe(0x0200c0)
  })
})

describe('the tally', () => {
  it('tells first replies from repeats, and those after the last probe', () => {
    const appSuccess = {
      name: 'app_success',
      help: '',
      type: 'bool',
      get: (_: unknown, row: number) => row < 2,
    } as const
    const { count, tally } = makeScanTally(appSuccess)
    const batch = makeReplyBatch(8)
    batch.count = 5
    const late = REPLY_SUCCESS | REPLY_COOLDOWN
    batch.flags.set([REPLY_SUCCESS, REPLY_SUCCESS | REPLY_REPEAT, late, late | REPLY_REPEAT, 0])
    count(batch)
    expect(tally).toEqual({
      successTotal: 4,
      successUnique: 2,
      cooldownTotal: 2,
      cooldownUnique: 1,
      failureTotal: 1,
      appSuccessTotal: 2,
      appSuccessUnique: 1,
    })
  })
})

const status = (more: Partial<ScanStatus>): ScanStatus => ({
  date: new Date(2026, 10, 21, 9, 5, 7),
  elapsedUs: 1e6,
  totals: { sent: 1000, success: 100, received: 150, droppedByKernel: 4, failed: 2 },
  planned: 4000,
  ratePps: 1000,
  cooldownUs: 8e6,
  senders: 2,
  sinceSentUs: null,
  ...more,
})

describe('the status file', () => {
  it('has zmap’s columns', () => {
    expect(STATUS_COLUMNS.join(',')).toBe(
      'real-time,time-elapsed,time-remaining,percent-complete,hit-rate,active-send-threads,' +
        'sent-total,sent-last-one-sec,sent-avg-per-sec,' +
        'recv-success-total,recv-success-last-one-sec,recv-success-avg-per-sec,' +
        'recv-total,recv-total-last-one-sec,recv-total-avg-per-sec,' +
        'pcap-drop-total,drop-last-one-sec,drop-avg-per-sec,' +
        'sendto-fail-total,sendto-fail-last-one-sec,sendto-fail-avg-per-sec',
    )
  })
  it('has totals, the last second and the mean in each line', () => {
    const line = makeStatusLines()
    expect(line(status({}))).toBe(
      '2026-11-21 09:05:07,1,11,8.333333,10.000000,2,1000,1000,1000,100,100,100,150,150,150,4,4,4,2,2,2',
    )
    const totals = { sent: 4000, success: 400, received: 450, droppedByKernel: 4, failed: 2 }
    expect(line(status({ elapsedUs: 3e6, totals, senders: 0, sinceSentUs: 1e6 }))).toBe(
      '2026-11-21 09:05:07,3,7,30.000000,10.000000,0,4000,1500,1333,400,150,133,450,150,150,4,0,1,2,0,1',
    )
  })
  it('stays finite before the first probe', () => {
    const totals = { sent: 0, success: 0, received: 0, droppedByKernel: 0, failed: 0 }
    expect(makeStatusLines()(status({ elapsedUs: 0, totals }))).toBe(
      `2026-11-21 09:05:07,0,12,0.000000,0.000000,2,${new Array(15).fill(0).join(',')}`,
    )
  })
})

describe('the log', () => {
  it('has lines of zmap’s shape', () => {
    const line = logLine(new Date(2026, 10, 1, 9, 0, 7, 4), 'warn', 'scan', 'something')
    expect(line).toBe('Nov 01 09:00:07.004 [WARN] scan: something')
  })
})
