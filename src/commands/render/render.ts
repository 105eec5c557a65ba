/** `interplot render`: the options. */

import type { Command } from 'commander'
import type { Point } from '../../core/great-circle.ts'
import { TONES } from '../../render/tone-scale.ts'
import { describeCommand, type Outcome } from '../command-help.ts'
import { choiceOption, collectTexts, integerOption, numberOption, pointOption, sizeOption } from '../option-parsers.ts'
import { COLOUR_KEYS } from './point-colouring.ts'
import type { RenderOptions } from './render-stage.ts'

const EXAMPLES = [
  ['interplot render results.db -o map.png', 'everything in a results file'],
  ['interplot render results.db --run 3 --port 443 --title "HTTPS"', 'one run, one port, a title of your own'],
  ['interplot render results.db --style satellite-night --projection orthographic --labels', 'a globe at night'],
  ['interplot render results.db --color-by port --top 20 -o ports.svg', 'what answers where, with a ranking'],
  ['interplot render results.db --layer choropleth --per allocated --style light', 'how much of each country answered'],
  ['interplot render results.db --projection hilbert --size 4096x4096', 'the address space, a pixel for each /24'],
  ['interplot render results.db -o map.html --open', 'a page to pan and zoom in'],
  ['interplot render results.db --trace 3f2a --trace 91c0 --fit', 'two traces compared'],
  ['interplot render results.db --bans --style botnet --animate day -o bans.html', 'bans, day by day'],
  [
    'interplot render results.db --connections --color-by service --animate hour -o connections.html',
    'who talked with whom, hour by hour',
  ],
  ['interplot render results.db --animate hour -o scan.gif', 'the scan as it grew'],
  ['interplot geolocate list.txt | interplot render - -o map.png --size 4096x2048', 'a table of places from a pipe'],
] as const

/**
 * The names of the registries. Written out, because the registries bring the canvas and everything else that draws along, and
 * these lines are read at the start of every command. A test compares them.
 */
export const NAMES = {
  backends: 'png, svg, html, geojson, terminal, gif, apng',
  styles: 'dark, light, print, satellite-night, blueprint, botnet, seed',
  layers: 'density, markers, pins, dots, hexbin, choropleth',
  colourMaps: 'viridis, magma, inferno, plasma, cividis, ember, ice, grey',
  projections:
    'natural-earth, robinson, equal-earth, equirectangular, mercator, orthographic, azimuthal-equidistant, hilbert',
} as const

const arcsOption = (text: string): Point | 'home' => (text === 'home' ? text : pointOption('--arcs')(text))

const LABELS = integerOption('--labels', 0, 500)

export const defineRender = (program: Command, outcome: Outcome): void => {
  const command = program
    .command('render')
    .argument(
      '[file]',
      'results file, CSV or ndjson with latitude and longitude, GeoJSON, markers.json or a table of traces; - for standard input (default: results.db)',
    )
    .description('Draws a map of everything that has a place')
    .option('-o, --output-file <file>', 'the picture, or - for standard output', 'map.png')
    .option('--format <name>', `${NAMES.backends}; by default what the name of the file says`)
    .option('--open', 'show it when it is there')
    .option('-q, --quiet', 'say nothing')
    .optionsGroup('What to show:')
    .option('--run <id>', 'only this run of the results file', integerOption('--run', 1, 2 ** 31))
    .option(
      '--trace <id>',
      'only this trace, by its id or how that begins; again for another, to compare them',
      collectTexts,
    )
    .option('--port <n>', 'only replies from this port, or connections to it', integerOption('--port', 0, 65535))
    .option('--since <time>', 'only what was seen from then on: 2026-11-20, 2026-11-20T08:00 (UTC) or 36h ago as 36h')
    .option('--until <time>', 'only what was seen before then')
    .option('--country <names>', 'only addresses there: codes or English names', collectTexts)
    .option('--bans', 'who was banned, and not who answered; a file of nothing but bans shows them by itself')
    .option('--connections', 'who talked with whom (watch); a file of nothing but connections shows them by itself')
    .option('--where <filter>', 'only rows like this: ttl < 64 && (city = Berlin || asn = 64500)')
    .option('--color-by <what>', COLOUR_KEYS.join(', '), choiceOption('--color-by', COLOUR_KEYS))
    .option(
      '--top <n>',
      'the most frequent countries, cities and networks: printed and drawn',
      integerOption('--top', 1, 1000),
    )
    .option('--stats-json <file>', 'counts and rankings as JSON; - for standard output')
    .option('--title <text>', 'title of the map')
    .option('--subtitle <text>', 'line below the title')
    .optionsGroup('What the map looks like:')
    .option('--style <name>', `${NAMES.styles} (default: dark; light with --tiles)`)
    .option('--theme-file <file>', 'a style of your own: JSON, see docs/maps.md')
    .option('--layer <name>', `${NAMES.layers}; by default that of the style`)
    .option(
      '--per <what>',
      'count countries per address found or per allocated',
      choiceOption('--per', ['address', 'allocated']),
    )
    .option('--colors <name>', `colour map: ${NAMES.colourMaps}; by default that of the style`)
    .option(
      '--tone <name>',
      'log, linear, or equal: every tone used equally often',
      choiceOption('--tone', TONES),
      'log',
    )
    .option('--labels [n]', 'name the places where most is; by default as many as suit the size', (text: string) =>
      LABELS(text),
    )
    .option('--arcs <lat,lon>', 'lines from everywhere to this place, or to home, as the runs have it', arcsOption)
    .option('--accuracy', 'circles that say how exact places are')
    .option('--night [time]', 'where it is night, now or then')
    .option('--no-graticule', 'no lines of latitude and longitude')
    .option('--mask-hops <n>', 'leave the first hops of traces out', integerOption('--mask-hops', 0, 255))
    .option('--no-traces', 'no paths of traces, where there are points as well')
    .optionsGroup('What part of the world:')
    .option('--projection <name>', `${NAMES.projections} (default: natural-earth, with --tiles mercator)`)
    .option('--bbox <s,w,n,e>', 'this box of degrees: south,west,north,east')
    .option('--center <lat,lon>', 'this place in the middle', pointOption('--center'))
    .option('--zoom <n>', '1 is the whole world, 4 a quarter of its width', numberOption('--zoom', 1, 500))
    .option('--fit', 'where the points are')
    .option('--prefix <cidr>', 'for hilbert: this part of the address space (default: 0.0.0.0/0)')
    .optionsGroup('A street map below it, from a tile server of your own:')
    .option(
      '--tiles <url>',
      'with {z}, {x} and {y}; tiles of 256 pixels, kept on disk for a week or as the server says',
    )
    .option('--tiles-attribution <text>', 'what its licence asks for; written on the map')
    .optionsGroup('The picture:')
    .option('--size <size>', 'pixels, or paper like 297x210mm (default: 2400x1350)', sizeOption('--size'))
    .option('--scale <n>', 'so many times as many pixels', numberOption('--scale', 0.1, 8))
    .option('--dpi <n>', 'dots per inch, written into the file', integerOption('--dpi', 10, 2400))
    .option(
      '--animate <length>',
      'a frame for each minute, hour, day, week, or a time like 6h; into .gif, .apng or .png',
    )
    .option('--animate-each', 'every frame shows its own time only, instead of all until then')
    .action(async (file: string | undefined, options: Omit<RenderOptions, 'file'>) => {
      const { render } = await import('./render-stage.ts')
      outcome.exitCode = await render({ ...options, ...(file === undefined ? {} : { file }) })
    })
  describeCommand(command, EXAMPLES)
}
