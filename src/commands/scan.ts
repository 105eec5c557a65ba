/** `interplot scan`: the options, with zmap's names and meanings wherever zmap has them. */

import type { Command } from 'commander'
import { describeCommand, type Outcome } from './command-help.ts'
import {
  addressOption,
  bandwidthOption,
  collectList,
  durationOption,
  integerOption,
  portRangeOption,
  rateOption,
  shareOption,
} from './option-parsers.ts'
import type { ScanOptions } from './scan-stage.ts'

const EXAMPLES = [
  ['interplot scan -p 21 --bandwidth 20M', 'who has an FTP server, at most 20 Mbit/s'],
  ['interplot scan 198.51.100.0/24 -p 80,443 -o open.csv', 'two ports of one network, also as CSV'],
  ['interplot scan -w allow.txt -b block.txt -n 1%', 'ping one in a hundred of an allowlist'],
  ['interplot scan --dryrun -p 53 -n 10', 'what would be probed; nothing is sent'],
  [
    'sudo interplot lab run -- interplot scan 10.64.0.0/12 -r 100k',
    'a million addresses that never leave this machine',
  ],
] as const

export const defineScan = (program: Command, outcome: Outcome): void => {
  const command = program
    .command('scan')
    .argument('[targets...]', 'prefixes, ranges, addresses or host names; without any: all of IPv4')
    .description('Finds who answers: ICMP echo, TCP SYN or UDP probes to every target, in random order')
    .optionsGroup('What to probe:')
    .option('-p, --target-ports <ports>', 'ports, like 80,443,8000-8010; * for all')
    .option('-M, --probe-module <name>', 'probe module (default: tcp-syn with ports, else icmp-echo)')
    .option('--probe-args <text>', 'arguments of the probe module')
    .option('--list-probe-modules', 'list the probe modules and exit')
    .option('-w, --allowlist-file <file>', 'probe nothing outside the addresses listed there')
    .option('-b, --blocklist-file <file>', 'probe none of the addresses listed there')
    .option('--allow-special <prefixes>', 'open special-purpose ranges, for a lab or your own network', collectList)
    .option('-n, --max-targets <n>', 'stop after so many targets, or a percentage', shareOption('--max-targets'))
    .option('-P, --probes <n>', 'probes to each target (default: 1)', integerOption('--probes', 1, 255))
    .option('--probe-ttl <n>', 'time to live of the probes (default: 255)', integerOption('--probe-ttl', 1, 255))
    .option('-e, --seed <text>', 'repeat the order and the cookies of an earlier run')
    .option('--shards <n>', 'split the targets into so many parts', integerOption('--shards', 1, 65535))
    .option('--shard <n>', 'which part, from 0', integerOption('--shard', 0, 65534))
    .optionsGroup('How fast:')
    .option(
      '-B, --bandwidth <bits>',
      'bits a second on the line, like 20M (default: 2M)',
      bandwidthOption('--bandwidth'),
    )
    .option('-r, --rate <pps>', 'packets a second, like 10k', rateOption('--rate'))
    .option(
      '-c, --cooldown-time <time>',
      'keep listening after the last probe (default: 8 s)',
      durationOption('--cooldown-time'),
    )
    .option('-T, --sender-threads <n>', 'sending threads (default: 1)', integerOption('--sender-threads', 1, 16))
    .optionsGroup('Which way out:')
    .option('-i, --interface <name>', 'network interface')
    .option('-S, --source-ip <address>', 'source address', addressOption('--source-ip'))
    .option('-s, --source-port <ports>', 'source ports (default: 32768-61000)', portRangeOption('--source-port'))
    .option('-G, --gateway-mac <mac>', 'hardware address of the gateway')
    .option('--link <name>', 'packet, xdp, raw or sim (default: packet, or else raw)')
    .option('--scenario <file>', 'scenario of the simulated Internet, for --link sim')
    .optionsGroup('What to keep:')
    .option('--db <file>', 'results file, made if missing (default: results.db)')
    .option('--no-db', 'keep no results file')
    .option('-o, --output-file <file>', 'also write rows to a file, or to standard output with -')
    .option('-O, --output-module <name>', 'csv, ndjson, json or text (default: by the file name, else csv)')
    .option('-f, --output-fields <names>', 'columns, like saddr,sport,classification (default: saddr)', collectList)
    .option('--no-header-row', 'no line with the names of the columns')
    .option('--list-output-fields', 'list the columns and exit')
    .option('--all-replies', 'rows for every reply, not only for successes')
    .option('--dedup-method <name>', 'none, full or window (default: full)')
    .option(
      '--dedup-window-size <n>',
      'replies that window remembers',
      integerOption('--dedup-window-size', 1, 100_000_000),
    )
    .optionsGroup('What to say:')
    .option('-d, --dryrun', 'print the targets in order and send nothing')
    .option('-q, --quiet', 'no progress and no summary')
    .option('--json', 'the summary as JSON on standard output')
    .action(async (targets: string[], options: Omit<ScanOptions, 'targets'>) => {
      const { scan } = await import('./scan-stage.ts')
      outcome.exitCode = await scan({ ...options, targets })
    })
  describeCommand(command, EXAMPLES)
}
