/** `interplot watch`: the options. */

import type { Command } from 'commander'
import { describeCommand, type Outcome } from '../command-help.ts'
import { serveOptions } from '../live-map/serve-options.ts'
import {
  collectList,
  collectTexts,
  durationOption,
  integerOption,
  numberOption,
  pointOption,
} from '../option-parsers.ts'
import type { WatchOptions } from './watch-options.ts'

const EXAMPLES = [
  ['sudo interplot watch --serve', 'the connections of this machine or gateway, now, on a map in the browser'],
  [
    'sudo interplot watch -i eth0 -f "not port 443"',
    'a table in the terminal, of one interface and some of its packets',
  ],
  ['interplot watch sockets', 'without any privilege: the kernel’s own table, with the programs’ names'],
  [
    'sudo interplot watch conntrack',
    'a gateway’s connections from its connection tracking, without looking at packets',
  ],
  ['ssh router tcpdump -i any -w - not port 22 | interplot watch -', 'another machine’s packets, over a pipe'],
  ['interplot watch capture.pcap --speed 60', 'a capture file again, a minute each second'],
  ['sudo interplot watch -q --keep 24h --markers markers.json', 'for a web page that shows markers, as a service'],
] as const

const defineSource = (command: Command): Command =>
  command
    .optionsGroup('What to watch:')
    .option('-i, --interface <names>', 'interfaces to listen on, or any (default: any)', collectList)
    .option(
      '-f, --filter <expression>',
      'packets that count, as tcpdump’s expressions say it (default: all but ssh, loopback and our own)',
    )
    .option('--everything', 'no filter at all')
    .option('--promiscuous', 'also packets that are for other machines')
    .option('--ring-size <MiB>', 'room for packets that wait (default: 64)', integerOption('--ring-size', 2, 1024))
    .option('--duration <time>', 'end after so long, like 10m', durationOption('--duration'))
    .option(
      '--speed <factor>',
      'play a capture file so many times faster than it was (default: as fast as it can be read)',
      numberOption('--speed', 0.01, 1_000_000),
    )

const defineFlows = (command: Command): Command =>
  command
    .optionsGroup('What a connection is:')
    .option(
      '--subnet <network>',
      'a network whose ends are the local ones; several times (default: private networks and own addresses)',
      collectTexts,
    )
    .option(
      '--include-self',
      'also connections of this machine itself (default, but on a machine that forwards others’)',
    )
    .option('--no-include-self', 'only connections that pass through this machine')
    .option('--no-names', 'look for no names in what passes (DNS answers, TLS and QUIC server names)')
    .option(
      '--max-flows <n>',
      'connections that are followed at one time (default: 262144)',
      integerOption('--max-flows', 16, 16_777_216),
    )

const defineOutputs = (command: Command): Command =>
  serveOptions(command.optionsGroup('What to show:'))
    .option('--live', 'a table that follows (default on a terminal)')
    .option('--no-live', 'no table')
    .option('--lines', 'a line for each new connection')
    .option('--json', 'a JSON object a line for each connection that has ended, and in the end for the others')
    .option(
      '--home <lat,lon>',
      'where arcs begin (default: the place of a public address of this side)',
      pointOption('--home'),
    )
    .option('--database <files>', 'geolocation databases (default: those installed)', collectList)
    .option('--no-places', 'no places and no autonomous systems')
    .optionsGroup('What to keep:')
    .option('--db <file>', 'results file, made if missing (default: results.db)')
    .option('--no-db', 'keep no results file')
    .option(
      '--keep <time>',
      'forget connections that have been silent for so long, like 24h (default: never)',
      durationOption('--keep'),
    )
    .option('--markers <file>', 'keep a markers.json up to date for web pages')
    .option('-q, --quiet', 'no table, no progress and no summary')
    .option('--keep-privileges', 'stay root, or what you are, when the sockets are open')

export const defineWatch = (program: Command, outcome: Outcome): void => {
  const command = program
    .command('watch')
    .argument('[source]', 'a capture file, - for standard input, sockets, or conntrack (default: live)')
    .description('Shows the connections of this machine or gateway: with whom, where, how much')
  for (const define of [defineSource, defineFlows, defineOutputs]) define(command)
  command.action(async (source: string | undefined) => {
    const { everything, ...options } = command.opts<WatchOptions & { everything?: boolean }>()
    const { watch } = await import('./watch-stage.ts')
    outcome.exitCode = await watch({
      ...options,
      ...(source === undefined ? {} : { source }),
      ...(everything === true ? { defaultFilter: false } : {}),
    })
  })
  describeCommand(command, EXAMPLES)
}
