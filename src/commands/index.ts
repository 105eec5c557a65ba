/** The command tree. */

import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { packageRoot } from '../core/package-root.ts'
import { defineBans } from './bans/bans.ts'
import type { Outcome } from './command-help.ts'
import { defineCompletion } from './completion.ts'
import { defineDemo } from './demo.ts'
import { defineGeo } from './geo/geo.ts'
import { defineGeolocate } from './geo/geolocate.ts'
import { defineLab } from './lab.ts'
import { defineRender } from './render/render.ts'
import { defineScan } from './scan/scan.ts'
import { defineTrace } from './trace/trace.ts'
import { defineWatch } from './watch/watch.ts'

const version = (): string => {
  const { version: text } = JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8')) as {
    version: string
  }
  return text
}

export const defineCommands = (program: Command, outcome: Outcome): void => {
  program
    .description('Scan, trace, locate and map the Internet.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this')
    .showSuggestionAfterError(true)
    .enablePositionalOptions()
  for (const define of [
    defineScan,
    defineTrace,
    defineWatch,
    defineBans,
    defineGeolocate,
    defineRender,
    defineGeo,
    defineLab,
    defineDemo,
  ])
    define(program, outcome)
  defineCompletion(program)
}
