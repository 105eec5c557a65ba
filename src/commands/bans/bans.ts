/** `interplot bans`: the options. */

import type { Command } from 'commander'
import { InterplotError } from '../../core/errors.ts'
import { describeCommand, type Outcome } from '../command-help.ts'
import { serveOptions } from '../live-map/serve-options.ts'
import {
  choiceOption,
  collectTexts,
  durationOption,
  integerOption,
  intervalOption,
  pointOption,
} from '../option-parsers.ts'
import type { BanImportOptions, BansOptions } from './ban-options.ts'

const EXAMPLES = [
  [
    'sudo interplot bans import',
    'keep what fail2ban forgets: on a timer, from its database or its log, into results.db',
  ],
  ['interplot bans --since 6w --top 20', 'who was banned in the last six weeks'],
  [
    'interplot bans /var/log/fail2ban.log --rotated --host web1',
    'a log and what was rotated, of one server of several',
  ],
  ['sudo interplot bans fail2ban --map attackers.png --style botnet', 'who is banned now, on a map'],
  ['pbpaste | interplot bans --paste --no-db', 'where pasted addresses come from'],
  ['sudo interplot bans --follow', 'bans as they happen, with their places'],
  ['sudo interplot bans --follow --serve', 'and on a map in the browser'],
] as const

const IMPORT_EXAMPLES = [
  ['sudo interplot bans import --db /var/lib/interplot/bans.db --quiet', 'for a timer or cron'],
  ['ssh web2 cat /var/log/fail2ban.log | interplot bans import - --host web2', 'of another server'],
] as const

const SOURCES =
  "logs (fail2ban, sshd, nginx), fail2ban's database, lists, CrowdSec's decisions; - for standard input, fail2ban for the running server"

/** An empty one is a variable that is not set, as `$HOSTNAME` in cron: its bans would be another server's. */
const hostName = (name: string): string => {
  if (name.trim() !== '') return name
  throw new InterplotError('ERR_USAGE', '--host wants the name of a server, and this is empty', {
    advice: 'Is a variable not set? Like --host web1, or leave it out for this machine.',
  })
}

const sourceOptions = (command: Command): Command =>
  command
    .option('--db <file>', 'results file, made if missing (default: results.db)')
    .option('--format <name>', 'of the sources, in place of what their first lines tell')
    .option('--time-zone <name>', "of times that name none, like Europe/Berlin or +02:00 (default: this machine's)")
    .option('--rotated', 'with what logrotate made of each log (.1, .2.gz), the oldest first')
    .option('--attempts', 'failures that fail2ban found, too, counted by the hour')
    .option(
      '--keep <time>',
      'forget bans that ended longer ago, like 365d (default: for ever)',
      durationOption('--keep'),
    )

const defineImport = (bans: Command, outcome: Outcome): void => {
  const command = bans
    .command('import')
    .argument('[sources...]', `${SOURCES} (default: fail2ban's database, else its log)`)
    .description('Reads bans into a results file; what it has already stays as it is, so a timer may repeat it')
  sourceOptions(command)
    .option(
      '--host <name>',
      "the server that it is of, whatever lines say (default: theirs, else this machine's name)",
      hostName,
    )
    .option('--json', 'the counts as JSON')
    .option('-q, --quiet', 'no summary')
    .action(async (sources: string[]) => {
      const { bansImport } = await import('./bans-import-stage.ts')
      outcome.exitCode = await bansImport({ ...command.opts<Omit<BanImportOptions, 'sources'>>(), sources })
    })
  describeCommand(command, IMPORT_EXAMPLES)
}

export const defineBans = (program: Command, outcome: Outcome): void => {
  const command = program
    .command('bans')
    .argument('[sources...]', `${SOURCES}; read into the results file first`)
    .description('Who was banned: from where, how often, when; out of what fail2ban and others tell')
    .optionsGroup('What to read:')
  sourceOptions(command)
    .option('--no-db', 'no results file: only what the sources say')
    .option('--paste', 'addresses anywhere in the text on standard input')
    .optionsGroup('What to report:')
    .option('--since <time>', 'bans from then on: 2026-11-20, 2026-11-20T08:00 (UTC) or six weeks ago as 6w')
    .option('--until <time>', 'bans before then')
    .option('--jail <name>', 'only of this jail; again for another', collectTexts)
    .option('--host <name>', 'only of this server; with sources, the one that they are of', (name, names?: string[]) =>
      collectTexts(hostName(name), names),
    )
    .option('--country <names>', 'only from there: codes or English names', collectTexts)
    .option('--top <n>', 'rows of each ranking', integerOption('--top', 1, 100_000), 10)
    .option('--json', 'the report as JSON')
    .option('--csv', 'a row for each ban')
    .option('--no-remember', 'tell of the same bans as new the next time')
    .option('--database <file>', 'geolocation database in place of the installed ones; again for another', collectTexts)
    .option('-q, --quiet', 'say nothing beside the report')
    .optionsGroup('A map of it:')
    .option('--map <file>', 'where the banned are: .png, .svg, .html, .gif, … as for render')
    .option('--style <name>', 'of the map, as for render: botnet, dark, light, … (default: dark)')
    .option(
      '--color-by <what>',
      'jail, host, country, asn',
      choiceOption('--color-by', ['jail', 'host', 'country', 'asn'] as const),
    )
    .option('--animate <length>', 'a frame for each hour, day, week; into .html, .gif or .png')
    .optionsGroup('As it happens:')
    .option('--follow', 'print each ban as it comes, and keep it; logs may be rotated, fail2ban may be restarted')
    .option('--every <time>', 'how often to ask fail2ban or its database (default: 10s)', intervalOption('--every'))
  serveOptions(command)
    .option('--home <lat,lon>', 'of --serve: where arcs end (default: no arcs)', pointOption('--home'))
    .action(async (sources: string[]) => {
      const { bans } = await import('./bans-stage.ts')
      outcome.exitCode = await bans({ ...command.opts<Omit<BansOptions, 'sources'>>(), sources })
    })
  describeCommand(command, EXAMPLES)
  defineImport(command, outcome)
}
