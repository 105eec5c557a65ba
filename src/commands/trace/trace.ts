/** `interplot trace`: the options, under traceroute's names where it has them. */

import { type Command, Option } from 'commander'
import { describeCommand, type Outcome } from '../command-help.ts'
import {
  addressOption,
  collectList,
  confidenceOption,
  dscpOption,
  durationOption,
  everyOption,
  integerOption,
  intervalOption,
  macOption,
  packetRateOption,
  pointOption,
  tosOption,
  waitOption,
} from '../option-parsers.ts'
import { defineMass, massOptions } from './mass-command.ts'
import type { MassWords } from './mass-conflicts.ts'
import { parseWebhook } from './route-webhook.ts'
import { defineTraceExport } from './trace-export.ts'
import { defineTraceHistory } from './trace-history.ts'
import { defineTraceImport } from './trace-import.ts'
import type { TraceOptions } from './trace-options.ts'

const EXAMPLES = [
  ['interplot trace example.com', 'the path to a host, where its routers are, and how long they take'],
  ['interplot trace -T -p 443 example.com', 'by TCP SYN to a port that firewalls let through'],
  ['interplot trace -n --no-db 192.0.2.1 2001:db8::1', 'several targets, no names, nothing kept'],
  [
    'interplot trace --targets 198.51.0.0/16 --every /24 -r 10k',
    'the paths to one address of each /24, with about a quarter of the probes',
  ],
  ['interplot trace --report --cycles 60 example.com', 'loss and round trip times of a minute, hop by hop'],
  ['interplot trace --multipath --dot example.com | dot -Tsvg > paths.svg', 'every load-balanced way, drawn'],
  ['interplot trace --json example.com | jq .hops', 'every probe, for a program'],
  [
    'interplot trace --every 1h --jitter 5m example.com',
    'once an hour; what changed: interplot trace history example.com',
  ],
  ['interplot trace example.com --home 52.52,13.40 --map path.png', 'the path on a map, from where you are'],
] as const

const defineProbes = (command: Command): Command =>
  command
    .optionsGroup('What to send:')
    .option('-I, --icmp', 'ICMP echo requests (default)')
    .option('-U, --udp', 'UDP datagrams')
    .option('-T, --tcp', 'TCP SYN segments')
    .option(
      '-p, --port <n>',
      'destination port (default: 33434 for UDP, 80 for TCP)',
      integerOption('--port', 1, 65_535),
    )
    .addOption(
      new Option('--rule <name>', 'which header fields stay the same: paris = all that names a flow').choices([
        'paris',
        'classic',
        'dublin',
      ]),
    )
    .option('--flow <n>', 'another flow, to see another path (default: 0)', integerOption('--flow', 0, 16_383))
    .option('-4, --ipv4', 'IPv4 only')
    .option('-6, --ipv6', 'IPv6 only')
    .option('--packet-size <bytes>', 'length of the whole packet', integerOption('--packet-size', 28, 65_535))
    .option('--tos <byte>', 'type of service or traffic class, like 0xb8', tosOption('--tos'))
    .addOption(
      new Option('--dscp <name>', 'the same as a code point, like ef or 46')
        .conflicts('tos')
        .argParser(dscpOption('--dscp')),
    )
    .option('-F, --dont-fragment', 'forbid fragments')

const definePath = (command: Command): Command =>
  command
    .optionsGroup('How far and how long:')
    .option('-f, --first-ttl <n>', 'TTL of the first hop (default: 1)', integerOption('--first-ttl', 1, 255))
    .option('-m, --max-ttl <n>', 'TTL of the last hop (default: 30)', integerOption('--max-ttl', 1, 255))
    .option('-q, --queries <n>', 'probes to each hop (default: 3)', integerOption('--queries', 1, 100))
    .option('--window <n>', 'hops asked at once at the start (default: 16)', integerOption('--window', 1, 255))
    .option(
      '--gap-limit <n>',
      'silent hops in a row that end a trace (default: 8)',
      integerOption('--gap-limit', 1, 255),
    )
    .option(
      '-w, --wait <max,here,near>',
      'seconds to wait for an answer, at most so many round trips of the same hop and of the next (default: 3,3,10)',
      waitOption('--wait'),
    )
    .option('-r, --rate <pps>', 'probes a second (default: 2000)', packetRateOption('--rate'))

const defineWayOut = (command: Command): Command =>
  command
    .optionsGroup('Which way out:')
    .option('-i, --interface <name>', 'network interface')
    .option('-S, --source-ip <address>', 'source address', addressOption('--source-ip'))
    .option(
      '-s, --source-port <n>',
      'source port, or the identifier of ICMP',
      integerOption('--source-port', 1, 65_535),
    )
    .option('-G, --gateway-mac <mac>', 'hardware address of the gateway', macOption('--gateway-mac'))
    .option('--link <name>', 'packet, af-xdp, raw or sim (default: packet, or else raw)')
    .option('--scenario <file>', 'scenario of the simulated Internet, for --link sim')
    .option('-b, --blocklist-file <file>', 'trace to none of the addresses listed there')
    .option('-e, --seed <text>', 'repeat the ports and cookies of an earlier run')
    .option('--keep-privileges', 'stay root, or what you are, when the sockets are open')

const defineTimes = (command: Command): Command =>
  command
    .optionsGroup('Over time:')
    .option(
      '--every <time or prefix length>',
      'trace again at every full interval, like 10m or 1h, until Ctrl-C; of many targets: one of every prefix, like /24',
      everyOption('--every'),
    )
    .option('--jitter <time>', 'begin each round up to so much later, at random', durationOption('--jitter'))
    .option('--rounds <n>', 'end after so many rounds', integerOption('--rounds', 1, 1_000_000))
    .option('--exit-code-on-change', 'exit code 3 when a path is not that of the last trace in the results file')
    .option('--webhook <url>', 'POST a JSON object there when a path has changed', parseWebhook)

const defineLive = (command: Command): Command =>
  command
    .optionsGroup('Live view:')
    .option('--live', 'show the path round after round (default on a terminal, for up to eight hosts)')
    .option('--no-live', 'lines, as over a pipe')
    .option(
      '--interval <time>',
      'between two rounds, also of --report, like 500ms (default: 1s)',
      intervalOption('--interval'),
    )
    .option('--cycles <n>', 'end after so many rounds (--report: 10)', integerOption('--cycles', 1, 1_000_000))

const defineOutput = (command: Command): Command =>
  command
    .optionsGroup('What to show and keep:')
    .option('-n, --numeric', 'no names by reverse DNS')
    .option('--dns-server <address>', 'ask this name server')
    .option('--database <files>', 'geolocation databases (default: those installed)', collectList)
    .option('--no-places', 'no places and no autonomous systems')
    .option(
      '--mask-hops <n>',
      'hide the first hops in all that is shown and given away; the results file keeps them',
      integerOption('--mask-hops', 0, 255),
    )
    .option('--report', 'ask in rounds, and print what they came to: loss, round trip times, AS and place of each hop')
    .option('--multipath', 'find every way to the host: all routers and links of load-balanced paths')
    .option('--confidence <p>', 'how sure --multipath has to be (default: 0.95)', confidenceOption('--confidence'))
    .option('--mtu', 'find the path MTU, too, and which hop it is of: one that says so, or one that drops in silence')
    .option('--json', 'every probe as JSON, one line a trace; with --report its sums')
    .option('--csv', 'every probe as a row')
    .option('--dot', 'the path as a graph for Graphviz')
    .option('--graphml', 'the same as GraphML')
    .option('--raw', 'a line for each event, as it happens')
    .option('--map <file>', 'draw the traces: .png, .svg, .html, .geojson or .txt')
    .option(
      '--home <lat,lon>',
      'where you are: places too far for their round trip time are marked (default: the place of the source address)',
      pointOption('--home'),
    )
    .option('--db <file>', 'results file, made if missing (default: results.db)')
    .option('--no-db', 'keep no results file')
    .option('--quiet', 'no progress and no summary')

export const defineTrace = (program: Command, outcome: Outcome): void => {
  const command = program
    .command('trace')
    .argument('[hosts...]', 'host names or addresses')
    .description('Finds the path to a host: every router on the way, its place, its round trip times')
  for (const define of [defineProbes, definePath, defineWayOut, defineLive, defineTimes, defineOutput, defineMass])
    define(command)
  command.action(async (hosts: string[]) => {
    const { dscp, ...options } = command.opts<Omit<TraceOptions, 'hosts'> & MassWords & { dscp?: number }>()
    const asked: TraceOptions & MassWords = { ...options, ...(dscp === undefined ? {} : { tos: dscp }), hosts }
    const mass = massOptions(asked, hosts)
    if (mass !== null) {
      const { massTrace } = await import('./mass-trace-stage.ts')
      outcome.exitCode = await massTrace(mass)
      return
    }
    const { trace } = await import('./trace-stage.ts')
    outcome.exitCode = await trace(asked)
  })
  describeCommand(command, EXAMPLES)
  defineTraceHistory(command, outcome)
  defineTraceImport(command, outcome)
  defineTraceExport(command, outcome)
}
