/** `interplot trace import`: the options. */

import type { Command } from 'commander'
import { describeCommand, type Outcome } from '../command-help.ts'
import type { TraceImportOptions } from './trace-import-stage.ts'

const EXAMPLES = [
  ['interplot trace import traces.sqlite --time-zone Europe/Berlin', 'hops of a table TRACE, with local dates'],
  ['interplot trace import atlas.json ark.ndjson --db paths.db', "RIPE Atlas' results and scamper's traces"],
] as const

export const defineTraceImport = (trace: Command, outcome: Outcome): void => {
  const command = trace
    .command('import')
    .argument('<files...>', 'files of traces; the format is found out from the content')
    .description('Reads traces of other programs: SQLite or CSV tables of hops, JSON of scamper, RIPE Atlas and mtr')
    .option('--db <file>', 'results file, made if missing (default: results.db)')
    .option('--time-zone <name>', 'of dates that name none, like Europe/Berlin or +02:00 (default: UTC)')
    .option('--json', 'the counts as JSON on standard output')
    .option('--quiet', 'no summary')
    .action(async (files: string[]) => {
      const { traceImport } = await import('./trace-import-stage.ts')
      outcome.exitCode = await traceImport({ ...command.opts<Omit<TraceImportOptions, 'files'>>(), files })
    })
  describeCommand(command, EXAMPLES)
}
