/** City lights: the Earth at night from orbit. No borders, no grid; the only light is where somebody answered. */

import { makeRamp } from '../colour-ramp.ts'
import type { MapStyle } from './contract.ts'

export const satelliteNight: MapStyle = {
  name: 'satellite-night',
  aliases: ['night'],
  help: 'city lights seen from orbit',
  theme: {
    background: '#000103',
    ocean: '#02060d',
    land: '#0a111c',
    coast: '#0e1826',
    border: '#111d2d',
    graticule: 'rgba(120, 160, 220, 0.035)',
    sphereEdge: '#16263c',
    title: '#f6f1e6',
    text: '#9aa3b2',
    faintText: '#667082',
    halo: '#000103',
    vantage: '#9fd8ff',
    pathStart: '#6fb7ff',
    pathEnd: '#3e5fd9',
    hop: '#cfe6ff',
    night: 'rgba(0, 0, 0, 0.2)',
    ramp: makeRamp(
      [
        { lightness: 0.42, chroma: 0.09, hueDegrees: 55 },
        { lightness: 0.62, chroma: 0.125, hueDegrees: 66 },
        { lightness: 0.8, chroma: 0.12, hueDegrees: 78 },
        { lightness: 0.93, chroma: 0.07, hueDegrees: 88 },
        { lightness: 1, chroma: 0.01, hueDegrees: 95 },
      ],
      1.05,
    ),
    blend: 'screen',
    bloom: 0.9,
    marker: { fill: '#ffc266b0', stroke: '#ffe9c4', text: '#241300' },
    pin: { fill: '#ffb347', stroke: '#2b1700', hole: '#2b1700', text: '#2b1700' },
    groups: ['#ffc266', '#6ec6ff', '#ff7eb0', '#8ff0a4', '#fff27a', '#c7a6ff', '#7d9bff', '#7f8898'],
    layer: 'density',
    coastWidth: 0.6,
    borderWidth: 0,
  },
}
