/** Options of `render` that cannot stand together, or would do nothing: said before any work. */

import { InterplotError } from '../../core/errors.ts'
import { checkEventColour, type EventKind } from './map-events.ts'
import type { QueryOptions } from './map-query.ts'
import type { LookOptions } from './render-options.ts'

interface RenderConflictOptions extends LookOptions, QueryOptions {
  outputFile: string
  statsJson?: string
  open?: boolean
  traces?: boolean
}

const refuse = (what: string, advice: string): never => {
  throw new InterplotError('ERR_USAGE', what, { advice })
}

/** What is about places on the Earth, and nothing to a map of the address space. */
const EARTHLY = {
  bbox: '--bbox',
  center: '--center',
  zoom: '--zoom',
  fit: '--fit',
  layer: '--layer',
  per: '--per',
  labels: '--labels',
  night: '--night',
  accuracy: '--accuracy',
  arcs: '--arcs',
  colorBy: '--color-by',
  animate: '--animate',
  trace: '--trace',
} as const satisfies Partial<Record<keyof RenderConflictOptions, string>>

/** What chooses points, or is about them. */
const POINT_OPTIONS = {
  port: '--port',
  country: '--country',
  where: '--where',
  colorBy: '--color-by',
  animate: '--animate',
  accuracy: '--accuracy',
  arcs: '--arcs',
} as const satisfies Partial<Record<keyof RenderConflictOptions, string>>

const isGiven = (value: unknown): boolean => value !== undefined && value !== false

/** Layers that show amounts by nothing but colour, and layers without colours of amounts. */
const AMOUNTS = ['hexbin', 'choropleth']
const MARKS = ['markers', 'pins', 'dots']
/** `--color-by` of these runs along a colour map; the others have colours of their own. */
const SCALES = ['rtt', 'first-seen']

const checkColours = ({ colorBy, colors, tone }: RenderConflictOptions, layer: string): void => {
  if (colorBy !== undefined && AMOUNTS.includes(layer)) {
    refuse(`--color-by: the colours of ${layer} are amounts`, `Add --layer density, ${MARKS.join(', ')}.`)
  }
  if (tone !== 'log' && MARKS.includes(layer)) {
    refuse('--tone is for colours of amounts', 'Add --layer density, hexbin or choropleth.')
  }
  if (colors !== undefined && (colorBy === undefined ? MARKS.includes(layer) : !SCALES.includes(colorBy))) {
    refuse('--colors is for amounts and scales', 'Leave it out, or write a --theme-file with other colours.')
  }
}

/** What is about replies and traces, and nothing to connections, and to bans neither. */
const REPLY_OPTIONS = { where: '--where', trace: '--trace', maskHops: '--mask-hops' } as const
const RUN_OPTIONS = { run: '--run', port: '--port' } as const

const checkEvents = (kind: EventKind, options: RenderConflictOptions, space: 'ipv4' | 'earth'): void => {
  const others = { ...(kind === 'bans' ? RUN_OPTIONS : {}), ...REPLY_OPTIONS }
  const names = Object.entries(others).flatMap(([key, name]) =>
    isGiven(options[key as keyof RenderConflictOptions]) ? name : [],
  )
  if (names.length > 0) {
    refuse(`${names.join(', ')}: ${kind} have no such thing`, `Leave it out, or leave out --${kind}.`)
  }
  if (space === 'ipv4') refuse(`${kind} are drawn on maps of the Earth`, 'Choose another --projection.')
  checkEventColour(kind, options.colorBy)
}

/**
 * @param space what the projection is of.
 * @param layer what the map is going to be drawn as.
 * @throws InterplotError ERR_USAGE
 */
export const checkConflicts = (options: RenderConflictOptions, space: 'ipv4' | 'earth', layer: string): void => {
  const { outputFile, statsJson, open, bbox, center, prefix, per, trace, traces } = options
  if (options.bans === true && options.connections === true) {
    refuse('--bans and --connections are two maps', 'Leave one of them out.')
  }
  if (options.bans === true) checkEvents('bans', options, space)
  if (options.connections === true) checkEvents('connections', options, space)
  if (outputFile === '-' && statsJson === '-') {
    refuse('--output-file - and --stats-json - both want standard output', 'Write one of them into a file.')
  }
  if (open === true && outputFile === '-') refuse('--open needs a file to show', 'Name one with --output-file.')
  if (trace !== undefined) {
    const points = Object.entries(POINT_OPTIONS).flatMap(([key, name]) =>
      isGiven(options[key as keyof typeof POINT_OPTIONS]) ? name : [],
    )
    if (points.length > 0) refuse(`${points.join(', ')}: a map of chosen traces shows nothing else`, 'Leave it out.')
    if (traces === false) refuse('--trace and --no-traces contradict each other', 'Leave one of them out.')
  }
  if (bbox !== undefined && center !== undefined) {
    refuse('--bbox and --center both say where the middle is', 'Leave one of them out; --center goes with --zoom.')
  }
  if (space === 'ipv4') {
    const names = Object.entries(EARTHLY).flatMap(([key, name]) =>
      isGiven(options[key as keyof typeof EARTHLY]) ? name : [],
    )
    if (names.length > 0) refuse(`${names.join(', ')}: a map of the address space has no such thing`, 'Leave it out.')
    return
  }
  if (prefix !== undefined) {
    refuse('--prefix is for maps of the address space', 'Add --projection hilbert, or choose with --where.')
  }
  if (per !== undefined && layer !== 'choropleth') refuse('--per is for countries', 'Add --layer choropleth.')
  checkColours(options, layer)
}
