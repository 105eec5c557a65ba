/** Day: indigo ink on pale paper; for documents and slides. */

import { makeRamp } from '../colour-ramp.ts'
import type { MapStyle } from './contract.ts'

export const light: MapStyle = {
  name: 'light',
  help: 'indigo on pale land, for documents and slides',
  theme: {
    background: '#ffffff',
    ocean: '#eaf1f6',
    land: '#fbfaf7',
    coast: '#b7c4cf',
    border: '#cfd8df',
    graticule: 'rgba(70, 110, 140, 0.12)',
    sphereEdge: '#b9c7d2',
    title: '#14202b',
    text: '#465767',
    faintText: '#6f8090',
    halo: '#ffffff',
    vantage: '#c2410c',
    pathStart: '#d9480f',
    pathEnd: '#0b7285',
    hop: '#7c2d12',
    night: 'rgba(24, 42, 78, 0.07)',
    ramp: makeRamp(
      [
        { lightness: 0.8, chroma: 0.1, hueDegrees: 215 },
        { lightness: 0.66, chroma: 0.14, hueDegrees: 245 },
        { lightness: 0.5, chroma: 0.19, hueDegrees: 275 },
        { lightness: 0.37, chroma: 0.19, hueDegrees: 300 },
        { lightness: 0.24, chroma: 0.11, hueDegrees: 310 },
      ],
      1,
    ),
    blend: 'multiply',
    bloom: 0.45,
    marker: { fill: '#4c51bfb8', stroke: '#ffffff', text: '#ffffff' },
    pin: { fill: '#d6336c', stroke: '#ffffff', hole: '#ffffff', text: '#ffffff' },
    groups: ['#d55e00', '#0072b2', '#cc79a7', '#009e73', '#3b2a8c', '#e6a700', '#56b4e9', '#7b8794'],
    layer: 'density',
    coastWidth: 0.9,
    borderWidth: 0.9,
  },
}
