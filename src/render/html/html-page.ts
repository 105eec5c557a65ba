/**
 * The page itself: one file without a reference to anything else. Its policy (Content Security Policy Level 3) forbids
 * every request and every script but the one inside it, which it names by its hash; a name of a city that were HTML could
 * do nothing. Text of the data stands escaped in the page or packed in its data block, never in a script.
 */

import { createHash } from 'node:crypto'
import { escapeMarkup } from '../../core/markup-text.ts'
import type { Ranking } from '../map-data.ts'
import type { Theme } from '../styles/contract.ts'
import type { PageWords } from './page-words.ts'
import type { ViewerFiles } from './viewer-files.ts'

/** For text and for attributes in double quotes. */
export const escapeHtml = (text: string): string =>
  // Characters that XML and HTML do not allow, and those that turn the direction of what follows.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  escapeMarkup(text.replace(/[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, ''))

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

const COLOUR = /^(?:#[0-9a-f]{3,8}|rgba?\([\d.,\s%/]+\)|[a-z]+)$/i

/** Themes can come from files: only a colour gets into the style sheet. */
const colour = (value: string): string => (COLOUR.test(value) ? value : 'transparent')

/** Declarations for the style sheet: colours of words and panels. */
export const themeVariables = (theme: Theme): string => {
  const names = ['background', 'ocean', 'title', 'text', 'faintText', 'halo', 'border', 'coast', 'vantage'] as const
  const variables = names.map((name) => `--${name}:${colour(theme[name])}`).join(';')
  return `color-scheme:${theme.blend === 'screen' ? 'dark' : 'light'};${variables}`
}

const rankingTables = (rankings: readonly Ranking[]): string =>
  rankings
    .filter(({ rows }) => rows.length > 0)
    .map(({ title, rows }) => {
      const most = Math.max(...rows.map(({ count }) => count))
      const lines = rows.map(({ label, count }) => {
        const number = Math.round(count).toLocaleString('en-US')
        return `<tr data-share="${(count / most).toFixed(3)}"><th scope="row">${escapeHtml(label)}</th><td>${number}</td></tr>`
      })
      return `<table><caption>${escapeHtml(title)}</caption><tbody>${lines.join('')}</tbody></table>`
    })
    .join('')

const rankingPanel = (rankings: readonly Ranking[]): string => {
  const tables = rankingTables(rankings)
  return tables === '' ? '' : `<details id="rankings" class="panel"><summary>Rankings</summary>${tables}</details>`
}

const BUTTONS = [
  ['zoom-in', 'Zoom in', 'M12 5v14M5 12h14'],
  ['zoom-out', 'Zoom out', 'M5 12h14'],
  ['home', 'Show everything', 'M4 11l8-7 8 7M6.5 9.5V19h11V9.5'],
] as const

const FIND = ['find', 'Find a place (/)', 'M10.5 4.5a6 6 0 1 0 0 12a6 6 0 1 0 0-12M15 15l5 5'] as const

const controls = (searchable: boolean): string =>
  [...(searchable ? [FIND] : []), ...BUTTONS]
    .map(
      ([id, label, path]) =>
        `<button type="button" id="${id}" aria-label="${label}" title="${label}"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg></button>`,
    )
    .join('')

const SEARCH = `<div id="search" role="search" hidden><input type="search" id="query" role="combobox" aria-label="City, country, network or address" placeholder="City, country, network or address" aria-controls="found" aria-expanded="true" autocomplete="off" spellcheck="false"><ul id="found" role="listbox" aria-label="Found"></ul></div>\n`

const paragraph = (id: string, text: string): string => (text === '' ? '' : `<p id="${id}">${escapeHtml(text)}</p>`)

const listOf = (id: string, texts: readonly string[]): string =>
  texts.length === 0 ? '' : `<ul id="${id}">${texts.map((text) => `<li>${escapeHtml(text)}</li>`).join(' ')}</ul>`

const PLAY = '<path class="play" d="M8 5.5v13l10.5-6.5z"/><path class="pause" d="M8.5 6v12M15.5 6v12"/>'

/** The slider of a map that shows one time after the other. */
const timeline = ({ count, label, first }: PageTime): string =>
  `<section id="timeline" aria-label="Time"><button type="button" id="play" aria-label="Play" aria-pressed="false" title="Play (space)"><svg viewBox="0 0 24 24" aria-hidden="true">${PLAY}</svg></button><input type="range" id="time" aria-label="Time" min="0" max="${count - 1}" step="1" value="${first}"><output id="moment" for="time">${escapeHtml(label)}</output></section>\n`

export interface PageTime {
  readonly count: number
  /** The frame that the page opens with, and its time. */
  readonly first: number
  readonly label: string
}

export interface PageParts {
  readonly words: PageWords
  readonly theme: Theme
  readonly rankings: readonly Ranking[]
  /** Null without frames. */
  readonly time: PageTime | null
  /** Whether the data name anything. */
  readonly searchable: boolean
  readonly data: Buffer
  readonly viewer: ViewerFiles
}

/** @returns the whole file. */
export const htmlPage = ({ words, theme, rankings, time, searchable, data, viewer }: PageParts): Buffer => {
  const style = `:root{${themeVariables(theme)}}${viewer.style.trim()}`
  const script = viewer.script.trim()
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  const head = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="description" content="${escapeHtml(words.description)}">
<meta name="theme-color" content="${colour(theme.ocean)}">
<meta name="generator" content="interplot">
<link rel="icon" href="data:,">
<title>${escapeHtml(words.title)}</title>
<style>${style}</style>
</head>
<body${time === null ? '' : ' class="timed"'}>
<canvas id="map" tabindex="0" role="application" aria-label="${escapeHtml(words.description)}. Arrow keys move the map, plus and minus zoom, 0 shows everything, Enter tells what is in the middle."></canvas>
<div id="top">
<header id="head"><h1>${escapeHtml(words.title)}</h1>${paragraph('subtitle', words.subtitle)}</header>
<aside id="side"><div id="words"><p id="counts"><b id="figure">${words.figure}</b> <span>${words.figureLabel}</span></p>${listOf('remarks', words.remarks)}</div>${rankingPanel(rankings)}</aside>
</div>
${words.nothing === null ? '' : paragraph('nothing', words.nothing)}
<section id="legend" aria-label="Legend" hidden></section>
<nav id="controls" aria-label="Map">${controls(searchable)}</nav>
${searchable ? SEARCH : ''}
${time === null ? '' : timeline(time)}<footer>${listOf('attributions', words.attributions)}</footer>
<div id="tip" role="status" aria-live="polite" hidden></div>
<noscript><p id="noscript">This map is drawn by a script inside this file; the browser does not run it.</p></noscript>
<script type="application/octet-stream" id="data">`
  return Buffer.concat([
    Buffer.from(head),
    Buffer.from(data.toString('base64')),
    Buffer.from(`</script>\n<script>${script}</script>\n</body>\n</html>\n`),
  ])
}
