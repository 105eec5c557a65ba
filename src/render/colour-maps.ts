/**
 * Colour maps for amounts that people with any kind of colour vision read in the right order: lightness only rises or only
 * falls. Viridis, magma, inferno, plasma (Nathaniel Smith and Stéfan van der Walt, 2015, CC0) and cividis (Nuñez, Anderton
 * and Renslow, 2018) are given by colours at even steps of the originals and interpolated in OKLab.
 */

import { type Described, makeRegistry } from '../core/registry.ts'
import { type ColourRamp, rampThrough } from './colour-ramp.ts'

export interface ColourMap extends Described {
  readonly ramp: ColourRamp
}

const map = (name: string, help: string, colours: string): ColourMap => ({
  name,
  help,
  ramp: rampThrough(colours.split(' ').map((hex) => `#${hex}`)),
})

export const colourMaps = makeRegistry<ColourMap>('colour map', [
  map('viridis', 'violet, green, yellow', '440154 482878 3e4a89 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725'),
  map('magma', 'black, purple, cream', '000004 180f3d 440f76 721f81 9e2f7f cd4071 f1605d fd9668 feca8d fcfdbf'),
  map('inferno', 'black, red, yellow', '000004 1b0c41 4a0c6b 781c6d a52c60 cf4446 ed6925 fb9b06 f7d13d fcffa4'),
  map('plasma', 'blue, pink, yellow', '0d0887 46039f 7201a8 9c179e bd3786 d8576b ed7953 fb9f3a fdca26 f0f921'),
  map('cividis', 'blue, grey, yellow', '00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838'),
  map('ember', 'dark red to white', '5c0a1e 9c1f2e d4472f f08a3c f9c667 fff6d8'),
  map('ice', 'deep blue to white', '0b1d51 16408f 1f74b8 43a9d1 93d7e3 f0fbff'),
  map('grey', 'dark to light', '303030 6a6a6a a6a6a6 d4d4d4 ffffff'),
])
