/** `interplot trace export`: the options. */

import { type Command, Option } from 'commander'
import { describeCommand, type Outcome } from '../command-help.ts'
import { integerOption } from '../option-parsers.ts'
import { EXPORT_FORMATS, type TraceExportOptions } from './trace-export-options.ts'

const EXAMPLES = [
  ['interplot trace export --format ndjson -o traces.ndjson', 'every trace of results.db, one object a line'],
  ['interplot trace export --target example.com --since 2026-11-01 --format csv', 'hops of one target, a row each'],
  ['interplot trace export --format graphml --mask-hops 2 -o paths.graphml', 'all paths as one graph, to be shared'],
] as const

export const defineTraceExport = (trace: Command, outcome: Outcome): void => {
  const command = trace
    .command('export')
    .description('Writes traces of a results file for other programs')
    .optionsGroup('Which traces:')
    .option('--db <file>', 'results file (default: results.db)')
    .option('--trace <id>', 'the one of this id')
    .option('--target <host>', 'those to this address, or under this name')
    .option('--since <time>', 'those begun since then, like 2026-11-20 or 24h')
    .optionsGroup('What to write:')
    .addOption(new Option('--format <name>', 'how (default: ndjson)').choices(EXPORT_FORMATS))
    .option('-o, --output-file <file>', 'where to (default: standard output)')
    .option('--mask-hops <n>', 'hide the first hops', integerOption('--mask-hops', 0, 255))
    .option('--quiet', 'no summary')
    .action(async () => {
      const { traceExport } = await import('./trace-export-stage.ts')
      outcome.exitCode = await traceExport(command.opts<TraceExportOptions>())
    })
  describeCommand(command, EXAMPLES)
}
