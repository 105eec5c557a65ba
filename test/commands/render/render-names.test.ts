import { expect, it } from 'vitest'
import { NAMES } from '../../../src/commands/render/render.ts'
import { backends } from '../../../src/render/backends/index.ts'
import { colourMaps } from '../../../src/render/colour-maps.ts'
import { layers } from '../../../src/render/layers/index.ts'
import { projections } from '../../../src/render/projection/index.ts'
import { styles } from '../../../src/render/styles/index.ts'

it.each([
  [NAMES.backends, backends],
  [NAMES.styles, styles],
  [NAMES.layers, layers],
  [NAMES.colourMaps, colourMaps],
  [NAMES.projections, projections],
])('the help of render names all: %s', (names, { entries }) => {
  expect(names).toBe(entries.map(({ name }) => name).join(', '))
})
