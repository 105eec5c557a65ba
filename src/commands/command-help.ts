/** What all commands share in presenting themselves. */

import type { Command } from 'commander'

/** Where a command leaves its exit code. */
export interface Outcome {
  exitCode: number
}

type Example = readonly [command: string, meaning: string]

/** Adds examples below the options, and `--debug`. */
export const describeCommand = (command: Command, examples: readonly Example[]): void => {
  const lines = examples.map(([text, meaning]) => `  ${text}\n      ${meaning}`)
  command
    .optionsGroup('Help:')
    .option('--debug', 'print the stack of an error')
    .helpOption('-h, --help', 'show this')
    .addHelpText('after', `\nExamples:\n${lines.join('\n')}`)
}
