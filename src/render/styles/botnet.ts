/** Botnet: black, green outlines, a green dot for every place; the look of maps of attackers. */

import { makeRamp } from '../colour-ramp.ts'
import type { MapStyle } from './contract.ts'

export const botnet: MapStyle = {
  name: 'botnet',
  help: 'green dots on black',
  theme: {
    background: '#000000',
    ocean: '#000000',
    land: '#050f08',
    coast: '#14532d',
    border: '#0d3a20',
    graticule: 'rgba(34, 197, 94, 0.07)',
    sphereEdge: '#0f3d22',
    title: '#86efac',
    text: '#4ca36c',
    faintText: '#3a7d53',
    halo: '#000000',
    vantage: '#ff4d4d',
    pathStart: '#ff5c5c',
    pathEnd: '#8b1e1e',
    hop: '#ff9b9b',
    night: 'rgba(0, 0, 0, 0.22)',
    ramp: makeRamp(
      [
        { lightness: 0.45, chroma: 0.12, hueDegrees: 150 },
        { lightness: 0.65, chroma: 0.18, hueDegrees: 147 },
        { lightness: 0.85, chroma: 0.2, hueDegrees: 145 },
        { lightness: 0.98, chroma: 0.06, hueDegrees: 140 },
      ],
      1.1,
    ),
    blend: 'screen',
    bloom: 0.6,
    marker: { fill: '#22e06a', stroke: '#b4ffcf', text: '#001a08' },
    pin: { fill: '#22e06a', stroke: '#003313', hole: '#001a08', text: '#001a08' },
    groups: ['#22e06a', '#ff5c5c', '#4cc9f0', '#ffe156', '#f25cf2', '#ff9f40', '#b892ff', '#6f8a78'],
    layer: 'dots',
    coastWidth: 1,
    borderWidth: 0.8,
  },
}
