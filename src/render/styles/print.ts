/** Print: black ink on white paper; nothing that a grey printer loses, no large areas of ink. */

import { makeRamp } from '../colour-ramp.ts'
import type { MapStyle } from './contract.ts'

export const print: MapStyle = {
  name: 'print',
  help: 'black on white, for paper and grey printers',
  theme: {
    background: '#ffffff',
    ocean: '#ffffff',
    land: '#f0f0f0',
    coast: '#8f8f8f',
    border: '#bdbdbd',
    graticule: 'rgba(0, 0, 0, 0.09)',
    sphereEdge: '#6e6e6e',
    title: '#000000',
    text: '#303030',
    faintText: '#5c5c5c',
    halo: '#ffffff',
    vantage: '#000000',
    pathStart: '#1a1a1a',
    pathEnd: '#6a6a6a',
    hop: '#000000',
    night: 'rgba(0, 0, 0, 0.05)',
    ramp: makeRamp(
      [
        { lightness: 0.78, chroma: 0, hueDegrees: 0 },
        { lightness: 0.5, chroma: 0, hueDegrees: 0 },
        { lightness: 0.08, chroma: 0, hueDegrees: 0 },
      ],
      0.9,
    ),
    blend: 'multiply',
    bloom: 0,
    marker: { fill: '#ffffffcc', stroke: '#000000', text: '#000000' },
    pin: { fill: '#222222', stroke: '#ffffff', hole: '#ffffff', text: '#ffffff' },
    groups: ['#000000', '#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#b8860b', '#8c8c8c'],
    layer: 'density',
    coastWidth: 0.9,
    borderWidth: 0.8,
  },
}
