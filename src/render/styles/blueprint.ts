/** Blueprint: white lines on Prussian blue, the grid in front of the land as on drawing paper. */

import { makeRamp } from '../colour-ramp.ts'
import type { MapStyle } from './contract.ts'

export const blueprint: MapStyle = {
  name: 'blueprint',
  help: 'white lines on Prussian blue',
  theme: {
    background: '#0b3a6e',
    ocean: '#0d4178',
    land: '#12508f',
    coast: '#a9cdf0',
    border: '#4f8cc4',
    graticule: 'rgba(190, 222, 255, 0.2)',
    sphereEdge: '#cfe5fb',
    title: '#ffffff',
    text: '#cfe2f5',
    faintText: '#a5c5e4',
    halo: '#0b3a6e',
    vantage: '#ffe28a',
    pathStart: '#ffe9ad',
    pathEnd: '#9fd8ff',
    hop: '#ffffff',
    night: 'rgba(2, 18, 46, 0.14)',
    ramp: makeRamp(
      [
        { lightness: 0.72, chroma: 0.1, hueDegrees: 220 },
        { lightness: 0.83, chroma: 0.075, hueDegrees: 205 },
        { lightness: 0.92, chroma: 0.06, hueDegrees: 120 },
        { lightness: 0.97, chroma: 0.09, hueDegrees: 100 },
        { lightness: 1, chroma: 0.01, hueDegrees: 100 },
      ],
      1.1,
    ),
    blend: 'screen',
    bloom: 0.3,
    marker: { fill: '#ffffff33', stroke: '#ffffff', text: '#ffffff' },
    pin: { fill: '#ffffff', stroke: '#0b3a6e', hole: '#0b3a6e', text: '#0b3a6e' },
    groups: ['#ffffff', '#ffd166', '#ff9f8f', '#9ff0c8', '#c9b6ff', '#7fd8ff', '#f7a8d8', '#9fb6cc'],
    layer: 'density',
    coastWidth: 1.2,
    borderWidth: 0.7,
  },
}
