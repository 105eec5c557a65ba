/** `interplot trace history`: the options. */

import type { Command } from 'commander'
import { describeCommand, type Outcome } from '../command-help.ts'
import { sizeOption } from '../option-parsers.ts'
import type { HistoryOptions } from './trace-history-stage.ts'

const EXAMPLES = [
  ['interplot trace history example.com', 'when the path changed, and the round trips of each hop over time'],
  ['interplot trace history example.com --since 7d -o week.png', 'a week of it as a picture'],
  ['interplot trace history 192.0.2.1 --csv > hops.csv', 'a row for each hop of each trace'],
] as const

export const defineTraceHistory = (trace: Command, outcome: Outcome): void => {
  const command = trace
    .command('history')
    .argument('<host>', 'host name or address, as it was traced')
    .description('Traces to one host over time: when the path changed, at which hop, and how long each hop took')
    .optionsGroup('What to look at:')
    .option('--db <file>', 'results file (default: results.db)')
    .option('--since <time>', 'only traces from then on: 2026-11-20, 2026-11-20T08:00 (UTC) or 36h ago as 36h')
    .option('--until <time>', 'only traces before then')
    .option('--method <text>', 'only traces made so: icmp, udp, or "tcp classic"')
    .optionsGroup('What to say:')
    .option('--json', 'all of it as JSON')
    .option('--csv', 'a row for each hop of each trace')
    .option('-o, --output-file <file>', 'a picture: .png or .svg')
    .option('--size <size>', 'of the picture, pixels (default: 1600x900)', sizeOption('--size'))
    .option('--style <name>', 'of the picture, as for render (default: dark)')
    .option('--exit-code', 'exit code 3 when the latest trace went another way than the one before it')
    .action(async (host: string, _options: unknown, self: Command) => {
      const { traceHistory } = await import('./trace-history-stage.ts')
      outcome.exitCode = await traceHistory({ ...self.opts<Omit<HistoryOptions, 'host'>>(), host })
    })
  describeCommand(command, EXAMPLES)
}
