/** Seed: red pins on a map that looks like a street map; what the first program of this name drew. */

import { makeRamp } from '../colour-ramp.ts'
import type { MapStyle } from './contract.ts'

export const seed: MapStyle = {
  name: 'seed',
  aliases: ['street'],
  help: 'red pins on a street map look',
  theme: {
    background: '#aad3df',
    ocean: '#aad3df',
    land: '#f2efe9',
    coast: '#98b9c4',
    border: '#c5a8c4',
    graticule: 'rgba(60, 100, 120, 0.1)',
    sphereEdge: '#7fa9b7',
    title: '#1f2d33',
    text: '#37474f',
    faintText: '#4c636e',
    halo: '#ffffff',
    vantage: '#1a56c4',
    pathStart: '#1a56c4',
    pathEnd: '#6a1b9a',
    hop: '#0d2f73',
    night: 'rgba(10, 26, 52, 0.1)',
    ramp: makeRamp(
      [
        { lightness: 0.78, chroma: 0.14, hueDegrees: 45 },
        { lightness: 0.62, chroma: 0.22, hueDegrees: 30 },
        { lightness: 0.45, chroma: 0.19, hueDegrees: 25 },
        { lightness: 0.28, chroma: 0.11, hueDegrees: 20 },
      ],
      1,
    ),
    blend: 'multiply',
    bloom: 0.3,
    marker: { fill: '#e53935c0', stroke: '#ffffff', text: '#ffffff' },
    pin: { fill: '#e5342b', stroke: '#8e1a13', hole: '#7a130d', text: '#ffffff' },
    groups: ['#e5342b', '#1a56c4', '#2e7d32', '#f08c00', '#7b1fa2', '#00838f', '#ad1457', '#6b7780'],
    layer: 'pins',
    coastWidth: 0.9,
    borderWidth: 0.9,
  },
}
