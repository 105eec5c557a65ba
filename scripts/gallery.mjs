// Draws docs/gallery/ anew with the built program and the demo's data: `npm run build && node scripts/gallery.mjs`.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readScenario } from '../dist/src/lab/scenario.js'
import { scenarioDatabase } from '../dist/src/lab/scenario-database.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const gallery = join(root, 'docs/gallery')
const work = mkdtempSync(join(tmpdir(), 'interplot-gallery-'))

const run = (args) => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'dist/bin/interplot.js'), ...args], {
    cwd: work,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`interplot ${args.join(' ')}: ${stderr}`)
}

const STYLES = ['dark', 'light', 'print', 'satellite-night', 'blueprint', 'botnet', 'seed']
const PROJECTIONS = [
  'natural-earth',
  'robinson',
  'equal-earth',
  'equirectangular',
  'mercator',
  'orthographic',
  'azimuthal-equidistant',
  'hilbert',
]

/** Larger pictures: what is shown, the file, the options. */
const SCENES = [
  ['City lights on the globe', 'globe.png', '--style satellite-night --projection orthographic --center 35,15'],
  ['Names, rankings, light', 'ranking.png', '--style light --labels 25 --top 12'],
  ['Europe, zoomed', 'europe.png', '--projection mercator --bbox 34,-12,62,36 --labels 30'],
  ['Countries', 'countries.png', '--layer choropleth --style light --tone equal --colors viridis'],
  ['Countries, by share of the addresses that they have', 'share.png', '--layer choropleth --per allocated'],
  ['Hexagons', 'hexagons.png', '--layer hexbin --style light --projection equal-earth'],
  ['Markers with counts', 'markers.png', '--layer markers --style light'],
  ['Colours by country', 'by-country.png', '--color-by country'],
  ['Colours by when they were found', 'first-seen.png', '--color-by first-seen --colors plasma'],
  ['Lines to one place, over a night', 'arcs.png', '--arcs 50.11,8.68 --night 2026-11-20T05:00'],
  ['Tones: linear', 'linear.png', '--tone linear --style blueprint'],
  ['The address space', 'address-space.png', '--projection hilbert --size 1600x1000'],
  [
    'A part of the address space',
    'prefix.png',
    '--projection hilbert --prefix 240.0.0.0/16 --style light --size 1600x1000',
  ],
  ['Across ±180°', 'pacific.png', '--bbox -50,110,60,-60 --style blueprint'],
  ['As it grew', 'growing.gif', '--animate 100ms --size 800x450'],
]

const SIZE = '1200x675'
const THUMBNAIL = '480x270'

mkdirSync(gallery, { recursive: true })
run(['demo', '-o', 'map.png', '--db', 'demo.db'])

// A trace over the lab's long path, with the places of its scenario: one hop is silent, so one leg is dashed.
const scenario = join(root, 'lab/scenarios/long-path.json')
writeFileSync(join(work, 'path.mmdb'), scenarioDatabase(readScenario(scenario)))
const TRACE = ['trace', '--scenario', scenario, '240.1.0.9', '--database', 'path.mmdb', '--home', '50.11,8.68']
run([...TRACE, '--quiet', '--db', 'trace.db'])

const commands = []
const draw = (file, options) => {
  const words = ['render', 'demo.db', '-o', file, ...options.split(' ')]
  run(['render', 'demo.db', '-q', '-o', join(gallery, file), ...options.split(' ')])
  commands.push(`interplot ${words.join(' ')}`)
  process.stderr.write(`${file}\n`)
}

const lines = [
  '# Gallery',
  '',
  'Every picture is drawn from the data of `interplot demo --db demo.db`, by the command below it. `node scripts/gallery.mjs` draws them all anew.',
  '',
]
for (const [title, file, options] of SCENES) {
  const sized = options.includes('--size') ? options : `${options} --size ${SIZE}`
  draw(file, sized)
  lines.push(`## ${title}`, '', `![${title}](${file})`, '', '```', commands.at(-1), '```', '')
}
lines.push(
  '## A trace',
  '',
  'Of `lab/scenarios/long-path.json`, in the simulated Internet: the eighth hop is silent.',
  '',
)
for (const [file, options] of [
  ['trace.png', '--fit --size 1600x900'],
  ['trace-light.png', '--style light --projection equal-earth --size 1200x675'],
]) {
  run(['render', 'trace.db', '-q', '-o', join(gallery, file), ...options.split(' ')])
  lines.push(`![A trace](${file})`, '', '```', `interplot render trace.db -o ${file} ${options}`, '```', '')
}
lines.push('## Every style in every projection', '')
lines.push(`| | ${STYLES.join(' | ')} |`, `|---|${STYLES.map(() => '---').join('|')}|`)
for (const projection of PROJECTIONS) {
  const cells = STYLES.map((style) => {
    const file = `${projection}-${style}.png`
    draw(file, `--projection ${projection} --style ${style} --size ${THUMBNAIL}`)
    return `![${projection}, ${style}](${file})`
  })
  lines.push(`| ${projection} | ${cells.join(' | ')} |`)
}
lines.push('', 'Each by `interplot render demo.db --projection P --style S --size 480x270`:', '', '```')
lines.push(...commands.slice(SCENES.length), '```', '')
writeFileSync(join(gallery, 'README.md'), lines.join('\n'))
rmSync(work, { recursive: true, force: true })
