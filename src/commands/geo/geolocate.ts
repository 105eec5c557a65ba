/** `interplot geolocate`: the options. */

import type { Command } from 'commander'
import { INPUT_FORMATS } from '../../geo/address-line.ts'
import { describeCommand, type Outcome } from '../command-help.ts'
import { choiceOption, collectList, integerOption, pointOption } from '../option-parsers.ts'
import type { GeolocateOptions } from './geolocate-options.ts'

const EXAMPLES = [
  ['interplot geolocate results.db', 'a place for every address of a results file that has none yet'],
  ['interplot geolocate addresses.txt -o places.csv', 'a list, one address a line'],
  ['interplot scan -p 80 -n 10k -o - | interplot geolocate | interplot render - -o map.png', 'as a pipe'],
  ['interplot geolocate log.csv --column client_ip -O ndjson', 'a column of a CSV file, as JSON lines'],
  ['fail2ban-client status sshd | interplot geolocate -O zannotate', 'who is banned, as zannotate writes it'],
  ['interplot geolocate replies.csv --keep-columns -o placed.csv', 'a table with columns for the place behind its own'],
  ['interplot geolocate results.db --provider ipstack --budget 100', 'ask a server; the next run goes on'],
] as const

export const defineGeolocate = (program: Command, outcome: Outcome): void => {
  const command = program
    .command('geolocate')
    .argument(
      '[file]',
      'results file, list, CSV or ndjson; - for standard input (default: a pipe if there is one, else results.db)',
    )
    .description('Finds a place for every address, on this machine, and says which have none')
    .optionsGroup('Where places come from:')
    .option(
      '--database <files>',
      'MaxMind-format files, the first taking precedence (default: the installed ones)',
      collectList,
    )
    .option(
      '--provider <name>',
      'mmdb (files on this machine), static, ipstack, ipgeolocation or freegeoip; the last three send every public address to a third party',
      'mmdb',
    )
    .option('--provider-url <url>', 'where its server is, without a key; keys come from the environment or keys.json')
    .option(
      '--budget <n>',
      'addresses that may be sent at most, repetitions included',
      integerOption('--budget', 1, 1e9),
    )
    .option('--overlay <file>', 'CSV or JSON of your own networks and their places, which goes before everything')
    .option('--refresh', 'look all addresses of a results file up again')
    .option(
      '--vantage <lat,lon>',
      'where probes left from, for runs that do not say: flags places too far for the round trip time',
      pointOption('--vantage'),
    )
    .optionsGroup('Lists and tables:')
    .option('--column <name>', 'the column with the addresses, by name or number')
    .option(
      '--input-format <name>',
      `${INPUT_FORMATS.join(', ')} (default: auto, by the first line)`,
      choiceOption('--input-format', INPUT_FORMATS),
    )
    .option('--keep-columns', 'all columns of the input, those of the place behind them')
    .option('-o, --output-file <file>', 'where the rows go (default: standard output)')
    .option('-O, --output-module <name>', 'csv, ndjson, json, text or zannotate (default: by the file name, else csv)')
    .option('--no-header-row', 'no line with the names of the columns')
    .option('--strict', 'fail when a line holds no address')
    .optionsGroup('What to say:')
    .option('-q, --quiet', 'no progress and no summary')
    .option('--json', 'the summary as JSON on standard output (results files only)')
    .action(async (file: string | undefined, options: Omit<GeolocateOptions, 'file'>) => {
      const { geolocate } = await import('./geolocate-stage.ts')
      outcome.exitCode = await geolocate({ ...options, ...(file === undefined ? {} : { file }) })
    })
  describeCommand(command, EXAMPLES)
}
