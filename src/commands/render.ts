/** `interplot render`: the options. */

import type { Command } from 'commander'
import { describeCommand, type Outcome } from './command-help.ts'
import { integerOption, sizeOption } from './option-parsers.ts'
import type { RenderOptions } from './render-stage.ts'

const EXAMPLES = [
  ['interplot render results.db -o map.png', 'everything in a results file'],
  ['interplot render results.db --run 3 --port 443 --title "HTTPS"', 'one run, one port, a title of your own'],
  ['interplot geolocate list.txt | interplot render - -o map.png --size 4096x2048', 'a table of places from a pipe'],
] as const

export const defineRender = (program: Command, outcome: Outcome): void => {
  const command = program
    .command('render')
    .argument(
      '[file]',
      'results file, or CSV or ndjson with latitude and longitude; - for standard input (default: results.db)',
    )
    .description('Draws a world map of everything that has a place')
    .option('-o, --output-file <file>', 'the picture, or - for standard output', 'map.png')
    .optionsGroup('What to show:')
    .option('--run <id>', 'only this run of the results file', integerOption('--run', 1, 2 ** 31))
    .option('--port <n>', 'only replies from this port', integerOption('--port', 0, 65535))
    .option('--title <text>', 'title of the map')
    .option('--subtitle <text>', 'line below the title')
    .optionsGroup('How to draw it:')
    .option('--size <size>', 'width and height in pixels (default: 2400x1350)', sizeOption('--size'))
    .option('--projection <name>', 'natural-earth or equirectangular', 'natural-earth')
    .option('--style <name>', 'look of the map', 'dark')
    .option('-q, --quiet', 'say nothing')
    .action(async (file: string | undefined, options: Omit<RenderOptions, 'file'>) => {
      const { render } = await import('./render-stage.ts')
      outcome.exitCode = await render({ ...options, ...(file === undefined ? {} : { file }) })
    })
  describeCommand(command, EXAMPLES)
}
