/** `interplot demo`: the options. */

import type { Command } from 'commander'
import { describeCommand, type Outcome } from './command-help.ts'
import type { DemoOptions } from './demo-stage.ts'
import { sizeOption } from './option-parsers.ts'

const EXAMPLES = [
  ['interplot demo', 'scan, trace, locate and draw a simulated Internet; no packet leaves the program'],
  ['interplot demo -o slide.png --size 4096x2048 --seed mine', 'another world, for a slide'],
] as const

export const defineDemo = (program: Command, outcome: Outcome): void => {
  const command = program
    .command('demo')
    .description('Scans, traces, locates and draws a simulated Internet of 60,000 hosts, offline, in seconds')
    .option('-o, --output-file <file>', 'the picture', 'map.png')
    .option('--size <size>', 'width and height of the picture (default: 2400x1350)', sizeOption('--size'))
    .option('--db <file>', 'results file', 'interplot-demo.db')
    .option('--seed <text>', 'another world')
    .action(async (options: DemoOptions) => {
      const { demo } = await import('./demo-stage.ts')
      outcome.exitCode = await demo(options)
    })
  describeCommand(command, EXAMPLES)
}
