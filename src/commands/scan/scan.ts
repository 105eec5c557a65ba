/** `interplot scan`: the options, with zmap's names and meanings wherever zmap has them (docs/zmap.md). */

import { type Command, Option } from 'commander'
import { describeCommand, type Outcome } from '../command-help.ts'
import { applyConfig } from '../config-file.ts'
import {
  addressesOption,
  bandwidthOption,
  collectList,
  coresOption,
  durationOption,
  integerOption,
  lineOption,
  macOption,
  percentOption,
  portRangeOption,
  rateOption,
  shareOption,
  switchOption,
  vlanOption,
} from '../option-parsers.ts'
import { defineRegion } from '../region-options.ts'
import { defineScanDiff } from './scan-diff.ts'
import type { ScanOptions } from './scan-options.ts'

const EXAMPLES = [
  ['interplot scan -p 21 --bandwidth 20M', 'who has an FTP server, at most 20 Mbit/s'],
  ['interplot scan 198.51.100.0/24 -p 80,443 -o open.csv', 'two ports of one network, also as CSV'],
  ['interplot scan -w allow.txt -b block.txt -n 1%', 'ping one in a hundred of an allowlist'],
  ['interplot scan --country DE,AT --not-city Berlin -p 443', 'what the databases place there'],
  ['interplot scan --list-targets -p 53 -n 10', 'what would be probed; nothing is sent'],
  ['interplot scan -p 80 -n 0.1% -q --no-db -o -', 'addresses to standard output and nothing else, as zmap does it'],
  [
    'sudo interplot lab run -- interplot scan 10.64.0.0/12 -r 100k',
    'a million addresses that never leave this machine',
  ],
] as const

const MILLIONS = 100_000_000
const ANY_COUNT = Number.MAX_SAFE_INTEGER

/** Other spellings, zmap's older ones among them: they work, and --help does not show them. */
const OTHER_SPELLINGS = [
  ['--target-port <ports>', 'targetPorts'],
  ['--blacklist-file <file>', 'blocklistFile'],
  ['--whitelist-file <file>', 'allowlistFile'],
  ['--ignore-blacklist-errors', 'ignoreBlocklistErrors'],
  ['--ignore-invalid-hosts', 'ignoreBlocklistErrors'],
  ['--vpn', 'iplayer'],
] as const

const defineTargets = (command: Command): Command =>
  command
    .optionsGroup('What to probe:')
    .option('-p, --target-ports <ports>', 'ports, like 80,443,8000-8010; * for all')
    .option('-M, --probe-module <name>', 'probe module (default: tcp-syn with ports, else icmp-echo)')
    .option('--probe-args <text>', 'arguments of the probe module')
    .option('--list-probe-modules', 'list the probe modules, or with -M all about one, and exit')
    .option('-w, --allowlist-file <file>', 'probe nothing outside the addresses listed there')
    .option('-b, --blocklist-file <file>', 'probe none of the addresses listed there')
    .option('--opt-out <files>', 'lists of addresses to leave alone, files or URLs', collectList)
    .option('-I, --list-of-ips-file <file>', 'probe these single addresses, or address and port pairs')
    .option('--ignore-blocklist-errors', 'pass over lines of list files that cannot be read, and say how many')
    .option('--allow-special <prefixes>', 'open special-purpose ranges, for a lab or your own network', collectList)
    .option('-n, --max-targets <n>', 'stop after so many targets, or a percentage', shareOption('--max-targets'))
    .option('-t, --max-runtime <time>', 'send no longer than that', durationOption('--max-runtime'))
    .option('-N, --max-results <n>', 'stop after so many results', integerOption('--max-results', 1, ANY_COUNT))
    .option('-P, --probes <n>', 'probes to each target (default: 1)', integerOption('--probes', 1, 255))
    .option('--probe-ttl <n>', 'time to live of the probes (default: 255)', integerOption('--probe-ttl', 1, 255))
    .option(
      '--validate-source-port <enable|disable>',
      'whether answers must come from the probed port (default: enable)',
      switchOption('--validate-source-port'),
    )
    .option('-e, --seed <text>', 'repeat the order and the cookies of an earlier run')
    .option('--shards <n>', 'split the targets into so many parts', integerOption('--shards', 1, 65535))
    .option('--shard <n>', 'which part, from 0', integerOption('--shard', 0, 65534))
    .option('--resume <file>', 'go on with the unfinished scan of a results file')
    .option('--contact <text>', 'who scans, told in payloads with room for it', lineOption('--contact'))

const definePace = (command: Command): Command =>
  command
    .optionsGroup('How fast:')
    .option(
      '-B, --bandwidth <bits>',
      'bits a second on the line, like 20M (default: 2M)',
      bandwidthOption('--bandwidth'),
    )
    .option('-r, --rate <pps>', 'packets a second, like 10k; auto: as many as get through', rateOption('--rate'))
    .option('--canaries', 'follow the fate of known responders, and tell networks where everything answers')
    .option(
      '-c, --cooldown-time <time>',
      'keep listening after the last probe (default: 8 s)',
      durationOption('--cooldown-time'),
    )
    .option(
      '-T, --sender-threads <n>',
      'sending threads (default: as many as the rate needs)',
      integerOption('--sender-threads', 1, 16),
    )
    .option('--cores <list>', 'processors for the threads, like 0,1', coresOption('--cores'))
    .option('--batch <n>', 'packets handed to the kernel at a time', integerOption('--batch', 1, 1024))
    .option('--retries <n>', 'tries to send a packet that the kernel refuses', integerOption('--retries', 0, 1000))
    .option(
      '--max-sendto-failures <n>',
      'give up after so many packets that could not be sent',
      integerOption('--max-sendto-failures', 0, ANY_COUNT),
    )
    .option('--min-hitrate <percent>', 'give up when fewer targets answer', percentOption('--min-hitrate'))

const defineWayOut = (command: Command): Command =>
  command
    .optionsGroup('Which way out:')
    .option('-i, --interface <names>', 'network interface, or several with commas to share the probes')
    .option(
      '-S, --source-ip <addresses>',
      'source address, or several: 192.0.2.1-192.0.2.9',
      addressesOption('--source-ip'),
    )
    .option('-s, --source-port <ports>', 'source ports (default: 32768-61000)', portRangeOption('--source-port'))
    .option('-G, --gateway-mac <mac>', 'hardware address of the gateway', macOption('--gateway-mac'))
    .option('--source-mac <mac>', 'hardware address to send from', macOption('--source-mac'))
    .option('--vlan <id[:priority]>', 'tag the frames for a VLAN (802.1Q)', vlanOption('--vlan'))
    .option('-X, --iplayer', 'IP packets through the routing of the kernel, without Ethernet headers of ours')
    .option('--engine <name>', 'native, zmap (an installed zmap 2 to 4), raw or connect (default: native)')
    .option('--link <name>', 'packet, af-xdp, xdp, raw or sim (default: packet, or else raw)')
    .option('--keep-privileges', 'stay root, or what you are, when the sockets are open')
    .option('--scenario <file>', 'scenario of the simulated Internet, for --link sim')

const defineOutput = (command: Command): Command =>
  command
    .optionsGroup('What to keep:')
    .option('--db <file>', 'results file, made if missing (default: results.db)')
    .option('--no-db', 'keep no results file')
    .option('-o, --output-file <file>', 'also write rows to a file, or to standard output with -')
    .option('-O, --output-module <name>', 'csv, json, json-array or text (default: by the file name, else csv)')
    .option('--list-output-modules', 'list the output modules and exit')
    .option('--output-args <text>', 'arguments of the output module')
    .option(
      '-f, --output-fields <names>',
      'columns, like saddr,sport,classification, or * (default: saddr, and sport with several ports)',
      collectList,
    )
    .option('--list-output-fields', 'list the columns of the probe module and exit')
    .option('--output-filter <filter>', 'which rows to write (default: success = 1 && repeat = 0)')
    .option('--all-replies', 'rows for every reply, repeats with them')
    .option('--no-header-row', 'no line with the names of the columns')
    .option('--dedup-method <name>', 'none, full or window (default: full)')
    .option(
      '--dedup-window-size <n>',
      'replies that window remembers',
      integerOption('--dedup-window-size', 1, MILLIONS),
    )

const defineBanners = (command: Command): Command =>
  command
    .optionsGroup('What the found hosts say:')
    .option('--banner', 'connect to each open TCP port: first bytes, certificate names, page title')
    .option(
      '--banner-concurrency <n>',
      'connections at a time (default: 100)',
      integerOption('--banner-concurrency', 1, 10_000),
    )
    .option('--banner-output <file>', 'also write banners to a file: .ndjson, .csv, .json, .txt, or - for ndjson')

const defineTalk = (command: Command): Command =>
  command
    .optionsGroup('What to say:')
    .option('-d, --dryrun', 'print the packets and send nothing')
    .option('--fast-dryrun', 'print six bytes for each packet, address and port, and send nothing')
    .option('--list-targets', 'print the targets in order and send nothing')
    .option('-m, --metadata-file <file>', 'write what the scan was and came to, as JSON')
    .option('--notes <text>', 'notes for the metadata')
    .option('--user-metadata <json>', 'JSON for the metadata')
    .option('-u, --status-updates-file <file>', 'write a line of CSV a second')
    .option('-v, --verbosity <n>', 'log so much: 0 fatal … 3 info … 5 trace', integerOption('--verbosity', 0, 5))
    .option('-l, --log-file <file>', 'log to a file')
    .option('-L, --log-directory <folder>', 'log to a new file in a folder')
    .option('--disable-syslog', 'has no effect: interplot writes nothing to syslog')
    .option('-q, --quiet', 'no progress and no summary')
    .option('--json', 'the summary as JSON on standard output')
    .option('-C, --config <file>', 'read options from a file like zmap.conf; the command line wins')

const defineOtherSpellings = (command: Command): void => {
  for (const [flags, attribute] of OTHER_SPELLINGS) {
    const option = new Option(flags).hideHelp()
    option.attributeName = () => attribute
    command.addOption(option)
  }
}

export const defineScan = (program: Command, outcome: Outcome): void => {
  const command = program
    .command('scan')
    .argument('[targets...]', 'prefixes, ranges, addresses or host names; without any: all of IPv4')
    .description('Finds who answers: ICMP echo, TCP SYN or UDP probes to every target, in random order')
  for (const define of [defineTargets, defineRegion, definePace, defineWayOut, defineOutput, defineBanners, defineTalk])
    define(command)
  defineOtherSpellings(command)
  command.action(async (targets: string[]) => {
    const { config } = command.opts<{ config?: string }>()
    if (config !== undefined) applyConfig(command, config)
    const { scan } = await import('./scan-stage.ts')
    outcome.exitCode = await scan({ ...command.opts<Omit<ScanOptions, 'targets'>>(), targets })
  })
  describeCommand(command, EXAMPLES)
  defineScanDiff(command, outcome)
}
