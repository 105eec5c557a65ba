/** The ways to show points. */

import { makeRegistry } from '../../core/registry.ts'
import { choropleth } from './choropleth.ts'
import type { PointLayer } from './contract.ts'
import { density } from './density.ts'
import { dots } from './dots.ts'
import { hexbin } from './hexbin.ts'
import { markers } from './markers.ts'
import { pins } from './pins.ts'

export const layers = makeRegistry<PointLayer>('layer', [density, markers, pins, dots, hexbin, choropleth])
