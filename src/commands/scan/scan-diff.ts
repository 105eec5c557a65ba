/** `interplot scan diff`: the options. */

import type { Command } from 'commander'
import { describeCommand, type Outcome } from '../command-help.ts'
import { integerOption } from '../option-parsers.ts'
import type { ScanDiffOptions } from './scan-diff-stage.ts'

const EXAMPLES = [
  ['interplot scan diff monday.db tuesday.db', 'what appeared, vanished, changed or moved, as CSV'],
  ['interplot scan diff results.db results.db --before-run 3', 'an earlier run of one file beside its last one'],
  ['interplot scan diff a.db b.db --all-replies -p 443 -o diff.ndjson', 'closed ports, too, of one port'],
] as const

export const defineScanDiff = (scan: Command, outcome: Outcome): void => {
  const command = scan
    .command('diff')
    .argument('<before>', 'results file of the earlier scan')
    .argument('<after>', 'results file of the later scan')
    .description(
      'Compares two scans of the same targets: who appeared, who vanished, whose answer changed, who moved (needs places)',
    )
    .optionsGroup('What to compare:')
    .option(
      '--before-run <n>',
      'run of the first file (default: its last scan)',
      integerOption('--before-run', 1, 2 ** 31),
    )
    .option(
      '--after-run <n>',
      'run of the second file (default: its last scan)',
      integerOption('--after-run', 1, 2 ** 31),
    )
    .option('-p, --port <n>', 'one port only', integerOption('--port', 0, 65535))
    .option('--all-replies', 'every reply, not only successes: closed ports, errors')
    .optionsGroup('What to say:')
    .option('-o, --output-file <file>', 'where the rows go (default: standard output)')
    .option('-O, --output-module <name>', 'csv, ndjson, json or text (default: by the file name, else csv)')
    .option('--no-header-row', 'no line with the names of the columns')
    .option('--exit-code', 'exit code 1 when anything is different')
    .option('-q, --quiet', 'no summary')
    .option('--json', 'the counts as JSON on standard output')
    .action(async (before: string, after: string, options: Omit<ScanDiffOptions, 'before' | 'after'>) => {
      const { scanDiff } = await import('./scan-diff-stage.ts')
      outcome.exitCode = await scanDiff({ ...options, before, after })
    })
  describeCommand(command, EXAMPLES)
}
