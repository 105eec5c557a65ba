import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Ipv4, parseIpv4 } from '../../src/core/ip.ts'
import { CLASSIFICATIONS, makeReplyBatch, REPLY_COOLDOWN, REPLY_SUCCESS } from '../../src/core/reply-batch.ts'
import { type ZmapScan, zmapArguments } from '../../src/link/zmap-arguments.ts'
import { parseDialect, parseNames, type ZmapDialect } from '../../src/link/zmap-dialect.ts'
import {
  makeZmapRowReader,
  parseZmapLog,
  parseZmapMetadata,
  parseZmapStatus,
  wantedFields,
} from '../../src/link/zmap-output.ts'
import { caught, errorCode } from '../error-code.ts'

/** Long options of each version that an engine needs or must do without, as their --help lists them. */
const COMMON =
  'rate bandwidth max-targets max-runtime probes cooldown-time seed retries shards shard source-port source-ip gateway-mac source-mac interface probe-module probe-args output-fields output-module output-filter sender-threads cores config quiet disable-syslog status-updates-file metadata-file output-file'
const HELP = {
  '2.1.1': `${COMMON} target-port blacklist-file whitelist-file vpn`,
  '3.0.0': `${COMMON} target-port blocklist-file allowlist-file iplayer probe-ttl list-of-ips-file dedup-method`,
  '4.0.0': `${COMMON} target-ports blocklist-file allowlist-file iplayer probe-ttl list-of-ips-file dedup-method`,
  '4.3.1': `${COMMON} target-ports blocklist-file allowlist-file iplayer probe-ttl batch validate-source-port fast-dryrun`,
} as const
type Version = keyof typeof HELP

const dialectOf = (version: Version): ZmapDialect => {
  const lines = HELP[version].split(' ').map((name) => `      --${name}=x   some words about --another`)
  return parseDialect(`zmap ${version}\n`, `Usage: zmap [OPTION]...\n  -h, --help   Print help\n${lines.join('\n')}\n`)
}

const SOURCE = parseIpv4('10.99.0.1') as Ipv4
const scan = (more: Partial<ZmapScan> = {}): ZmapScan => ({
  module: 'tcp_synscan',
  moduleArgs: null,
  ports: [80],
  allowlistFile: '/t/allow',
  emptyFile: '/t/empty',
  statusFile: '/t/status',
  metadataFile: '/t/meta',
  fields: ['saddr', 'classification'],
  ratePps: 1000,
  copies: 1,
  cooldownUs: 1_500_000,
  seed: 7,
  shard: 0,
  shards: 1,
  senders: 1,
  cores: [],
  probeTtl: 255,
  validatesPort: true,
  sourceAddresses: [SOURCE],
  sourcePorts: { first: 40000, last: 40009 },
  interfaceName: 'lab0',
  gatewayMac: '02:00:00:00:00:0b',
  ...more,
})

/** The value after an option, or whether the option is there. */
const argumentOf = (args: readonly string[], option: string): string | undefined =>
  args[args.indexOf(`--${option}`) + 1]

describe('the dialect of an installed zmap', () => {
  it('reads version and options', () => {
    const { version, major, minor, options } = dialectOf('2.1.1')
    expect([version, major, minor]).toEqual(['2.1.1', 2, 1])
    expect(options.has('whitelist-file')).toBe(true)
    // A word in another option's description is no option.
    expect(options.has('another')).toBe(false)
    expect(dialectOf('4.3.1').options.has('allowlist-file')).toBe(true)
  })

  it.each([
    ['zmap 1.2.1', '--output-fields'],
    ['zmap 5.0.0', '--output-fields'],
    ['something else', '--output-fields'],
    ['zmap 2.1.1', '--nothing'],
    ['', ''],
  ])('refuses %j', (version, option) => {
    expect(errorCode(() => parseDialect(version, `  ${option}=x  y\n`))).toBe('ERR_LINK_UNAVAILABLE')
  })

  it('reads lists of fields', () => {
    const listed = parseNames('saddr           string: source IP\ntimestamp-ts       int: when\nwscale int: no\n\n')
    expect(listed).toEqual(['saddr', 'timestamp-ts', 'wscale'])
    expect(wantedFields(listed)).toEqual(['saddr', 'timestamp-ts'])
  })
})

describe('a scan as a command line', () => {
  it.each([
    ['2.1.1', 'whitelist-file', 'blacklist-file', 'target-port'],
    ['3.0.0', 'allowlist-file', 'blocklist-file', 'target-port'],
    ['4.0.0', 'allowlist-file', 'blocklist-file', 'target-ports'],
    ['4.3.1', 'allowlist-file', 'blocklist-file', 'target-ports'],
  ] as const)('zmap %s has its own names', (version, allow, block, port) => {
    const args = zmapArguments(dialectOf(version), scan())
    expect(argumentOf(args, allow)).toBe('/t/allow')
    expect(argumentOf(args, block)).toBe('/t/empty')
    expect(argumentOf(args, port)).toBe('80')
    expect(argumentOf(args, 'cooldown-time')).toBe('2')
    expect(argumentOf(args, 'config')).toBe('/t/empty')
    // Nothing is said that this version would not know.
    const known = dialectOf(version).options
    for (const arg of args) if (arg.startsWith('--')) expect(known).toContain(arg.slice(2))
  })

  it.each([
    ['2.1.1', { ports: [80, 443] }],
    ['3.0.0', { ports: [80, 443] }],
    ['2.1.1', { probeTtl: 9 }],
    ['4.0.0', { batch: 64 }],
    ['4.0.0', { validatesPort: false }],
    ['4.0.0', { moduleArgs: 'linux' }],
    ['2.1.1', { sourceAddresses: [SOURCE, (SOURCE + 4) as Ipv4] }],
  ] as const)('zmap %s cannot do %j, and says so', (version, more) => {
    const error = caught(() => zmapArguments(dialectOf(version), scan(more)))
    expect(error.code).toBe('ERR_USAGE')
    expect(error.message).toContain(`zmap ${version}`)
  })

  it.each([
    ['4.3.1', { ports: [80, 443, 444, 445, 8080] }, 'target-ports', '80,443-445,8080'],
    ['4.3.1', { moduleArgs: 'linux' }, 'probe-args', 'linux'],
    ['4.3.1', { validatesPort: false }, 'validate-source-port', 'disable'],
    ['4.3.1', { copies: 2 }, 'rate', '1000'],
    ['2.1.1', { copies: 2 }, 'rate', '500'],
    ['3.0.0', { probeTtl: 9 }, 'probe-ttl', '9'],
    ['2.1.1', { sourceAddresses: [SOURCE, (SOURCE + 1) as Ipv4] }, 'source-ip', '10.99.0.1-10.99.0.2'],
    ['3.0.0', { sourceAddresses: [SOURCE, (SOURCE + 4) as Ipv4] }, 'source-ip', '10.99.0.1,10.99.0.5'],
    ['2.1.1', { maxRuntimeUs: 1 }, 'max-runtime', '1'],
    ['2.1.1', { shards: 4, shard: 3 }, 'shard', '3'],
  ] as const)('zmap %s with %j has --%s %s', (version, more, option, value) => {
    expect(argumentOf(zmapArguments(dialectOf(version), scan(more)), option)).toBe(value)
  })

  it('knows tunnels by both names, and leaves a gateway that zmap finds itself', () => {
    expect(zmapArguments(dialectOf('2.1.1'), scan({ gatewayMac: '' }))).toContain('--vpn')
    expect(zmapArguments(dialectOf('4.0.0'), scan({ gatewayMac: '' }))).toContain('--iplayer')
    expect(zmapArguments(dialectOf('4.0.0'), scan({ gatewayMac: null }))).not.toContain('--gateway-mac')
  })
})

/** Header and row as the version writes them. */
const RECORDED = [
  {
    version: '2.1.1',
    header: 'saddr,ipid,ttl,sport,dport,seqnum,acknum,window,classification,success,cooldown,timestamp-ts,timestamp-us',
    row: '10.64.9.93,11,64,80,40001,4026531840,17,64240,synack,1,1,1795255199,440215',
    expected: {
      classification: 'syn-ack',
      flags: REPLY_SUCCESS | REPLY_COOLDOWN,
      port: 80,
      sequence: 4026531840,
      ttl: 64,
    },
  },
  {
    version: '3.0.0',
    header:
      'saddr,ipid,ttl,sport,dport,seqnum,acknum,window,classification,success,icmp_responder,icmp_type,icmp_code,cooldown,timestamp_ts,timestamp_us',
    row: '10.64.9.93,11,63,,,,,,icmp,0,10.64.0.1,3,13,0,1795255199,440215',
    expected: { classification: 'unreachable', flags: 0, port: 80, icmpType: 3, icmpCode: 13, address: '10.64.0.1' },
  },
  {
    version: '4.3.1',
    header:
      'saddr,ttl,type,code,icmp_id,seq,sent_timestamp_ts,sent_timestamp_us,classification,success,cooldown,timestamp_ts,timestamp_us',
    row: '10.64.9.93,64,0,0,513,77,1795255199,440000,echoreply,true,false,1795255199,440215',
    expected: { classification: 'echo-reply', flags: REPLY_SUCCESS, rttUs: 215, localPort: 513, icmpSequence: 77 },
  },
] as const

describe('rows of zmap', () => {
  it.each(RECORDED)('of version $version', ({ header, row, expected }) => {
    const batch = makeReplyBatch(8)
    const read = makeZmapRowReader(header.split(','), 80)
    expect(read?.(row.split(','), batch, 0)).toBe(true)
    expect(batch.target[0]).toBe(parseIpv4('10.64.9.93'))
    expect(batch.timeUs[0]).toBe(1795255199440215)
    const { classification, ...columns } = expected
    expect(CLASSIFICATIONS[batch.classification[0]!]).toBe(classification)
    for (const [name, value] of Object.entries(columns)) {
      const wanted = typeof value === 'string' ? parseIpv4(value) : value
      expect([name, batch[name as 'port'][0]]).toEqual([name, wanted])
    }
  })

  it('keeps the data of UDP answers as far as there is room', () => {
    const batch = makeReplyBatch(8, 3)
    const read = makeZmapRowReader(['saddr', 'classification', 'timestamp_ts', 'data'], 53)!
    expect(read(['10.64.0.9', 'udp', '1795255199', '68690a0b'], batch, 0)).toBe(true)
    expect([batch.dataLength[0], Buffer.from(batch.heap).toString('hex')]).toEqual([3, '68690a'])
  })

  it.each([
    ['no address', ['saddr', 'classification', 'timestamp_ts'], ['x', 'synack', '1795255199']],
    ['an unknown word', ['saddr', 'classification', 'timestamp_ts'], ['10.64.0.1', 'constructor', '1795255199']],
    ['no time', ['saddr', 'classification'], ['10.64.0.1', 'synack']],
    ['too few values', ['classification', 'saddr', 'timestamp_ts'], ['synack']],
  ])('drops a row with %s', (_what, header, values) => {
    expect(makeZmapRowReader(header, 80)?.(values, makeReplyBatch(8), 0)).toBe(false)
  })

  it('says when there is no header', () => {
    expect(makeZmapRowReader(['10.64.0.1'], 80)).toBeNull()
  })

  it('takes any text without an exception', () => {
    const read = makeZmapRowReader(RECORDED[1].header.split(','), 0)!
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 20 }), (values) => {
        expect(typeof read(values, makeReplyBatch(8, 16), 0)).toBe('boolean')
      }),
    )
  })
})

describe("zmap's status, metadata and log", () => {
  it('reads the last whole line of the status, by the names of its columns', () => {
    const header =
      'real-time,active-send-threads,sent-total,sent-avg-per-sec,recv-total,pcap-drop-total,sendto-fail-total'
    expect(parseZmapStatus(`${header}\n`)).toBeNull()
    expect(parseZmapStatus('')).toBeNull()
    expect(parseZmapStatus(`${header}\nx,1,5,570,5,0,0\nx,0,4096,1972,4000,3,2\nx,9,99`)).toEqual({
      sent: 4096,
      sentPps: 1972,
      received: 4000,
      dropped: 3,
      failed: 2,
      sending: false,
    })
  })

  it.each([
    ['{"total_sent":9,"pcap_recv":8,"pcap_drop":1,"pcap_ifdrop":2,"send_to_failures":4}', [9, 8, 3, 4]],
    ['{"packets_sent":9,"pcap_recv":8,"pcap_drop":0,"pcap_ifdrop":0,"sendto_failures":4}', [9, 8, 0, 4]],
    ['{"packets_sent":"9"}', [0, 0, 0, 0]],
    ['{}', null],
    ['[', null],
    ['null', null],
  ])('reads %s', (text, wanted) => {
    const found = parseZmapMetadata(text)
    expect(found === null ? null : [found.sent, found.received, found.dropped, found.failed]).toEqual(wanted)
  })

  it('reads log lines and nothing else', () => {
    const line = 'Nov 21 09:59:59.434 [FATAL] send: could not send\u001b[0m'
    expect(parseZmapLog(line)).toEqual({ level: 'FATAL', message: 'send: could not send[0m' })
    expect(parseZmapLog(' 0:01 25%; send: 1971 1.97 Kp/s')).toBeNull()
  })
})
