/** `interplot trace`: the options, under traceroute's names where it has them. */

import { type Command, Option } from 'commander'
import { describeCommand, type Outcome } from '../command-help.ts'
import {
  addressesOption,
  collectList,
  dscpOption,
  integerOption,
  intervalOption,
  macOption,
  rateOption,
  tosOption,
  waitOption,
} from '../option-parsers.ts'
import type { TraceOptions } from './trace-options.ts'

const EXAMPLES = [
  ['interplot trace example.com', 'the path to a host, where its routers are, and how long they take'],
  ['interplot trace -T -p 443 example.com', 'by TCP SYN to a port that firewalls let through'],
  ['interplot trace -n --no-db 192.0.2.1 2001:db8::1', 'several targets, no names, nothing kept'],
  ['interplot trace example.com && interplot render results.db -o path.png', 'the path on a map'],
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
    .addOption(new Option('--dscp <name>', 'the same as a code point, like ef or 46').argParser(dscpOption('--dscp')))
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
    .option('-r, --rate <pps>', 'probes a second (default: 2000)', rateOption('--rate'))

const defineWayOut = (command: Command): Command =>
  command
    .optionsGroup('Which way out:')
    .option('-i, --interface <name>', 'network interface')
    .option('-S, --source-ip <address>', 'source address', addressesOption('--source-ip'))
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

const defineLive = (command: Command): Command =>
  command
    .optionsGroup('Live view:')
    .option('--live', 'show the path round after round (default on a terminal, for up to eight hosts)')
    .option('--no-live', 'lines, as over a pipe')
    .option('--interval <time>', 'between two rounds, like 500ms (default: 1s)', intervalOption('--interval'))
    .option('--cycles <n>', 'end after so many rounds', integerOption('--cycles', 1, 1_000_000))

const defineOutput = (command: Command): Command =>
  command
    .optionsGroup('What to show and keep:')
    .option('-n, --numeric', 'no names by reverse DNS')
    .option('--dns-server <address>', 'ask this name server')
    .option('--database <files>', 'geolocation databases (default: those installed)', collectList)
    .option('--no-places', 'no places and no autonomous systems')
    .option(
      '--mask-hops <n>',
      'hide the first hops in all that is shown and written',
      integerOption('--mask-hops', 0, 255),
    )
    .option('--db <file>', 'results file, made if missing (default: results.db)')
    .option('--no-db', 'keep no results file')
    .option('--quiet', 'no progress and no summary')

export const defineTrace = (program: Command, outcome: Outcome): void => {
  const command = program
    .command('trace')
    .argument('<hosts...>', 'host names or addresses')
    .description('Finds the path to a host: every router on the way, its place, its round trip times')
  for (const define of [defineProbes, definePath, defineWayOut, defineLive, defineOutput]) define(command)
  command.action(async (hosts: string[]) => {
    const { dscp, ...options } = command.opts<Omit<TraceOptions, 'hosts'> & { dscp?: number }>()
    const { trace } = await import('./trace-stage.ts')
    outcome.exitCode = await trace({ ...options, ...(dscp === undefined ? {} : { tos: dscp }), hosts })
  })
  describeCommand(command, EXAMPLES)
}
