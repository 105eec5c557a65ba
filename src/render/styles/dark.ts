/** Night: ember to white on blue-black. The density is warm, everything else is cool, so that only the data glows. */

import { makeRamp } from '../colour-ramp.ts'
import type { MapStyle } from './contract.ts'

export const dark: MapStyle = {
  name: 'dark',
  help: 'glowing embers on a night-blue world',
  theme: {
    background: '#05080f',
    ocean: '#0a1322',
    land: '#18263c',
    coast: '#2e4363',
    border: '#304566',
    graticule: 'rgba(126, 164, 220, 0.1)',
    sphereEdge: '#2c405f',
    title: '#f2f6fc',
    text: '#a9b8cf',
    faintText: '#74859f',
    halo: '#05080f',
    vantage: '#7ff5e0',
    pathStart: '#59e6d3',
    pathEnd: '#4f8ff7',
    hop: '#d9f7ff',
    night: 'rgba(0, 2, 8, 0.16)',
    ramp: makeRamp(
      [
        { lightness: 0.47, chroma: 0.17, hueDegrees: 0 },
        { lightness: 0.6, chroma: 0.205, hueDegrees: 22 },
        { lightness: 0.73, chroma: 0.175, hueDegrees: 52 },
        { lightness: 0.86, chroma: 0.15, hueDegrees: 82 },
        { lightness: 0.985, chroma: 0.045, hueDegrees: 98 },
      ],
      1.3,
    ),
    blend: 'screen',
    bloom: 0.55,
    marker: { fill: '#ff8a3dc8', stroke: '#ffd9a8', text: '#1c0d02' },
    pin: { fill: '#ff5a3c', stroke: '#3b0d05', hole: '#2a0903', text: '#ffffff' },
    groups: ['#ff9f40', '#4cc9f0', '#f25c9a', '#7ae582', '#ffe156', '#b892ff', '#5f8dff', '#8b98ab'],
    layer: 'density',
    coastWidth: 0.9,
    borderWidth: 0.8,
  },
}
