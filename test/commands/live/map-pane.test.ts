import { expect, it } from 'vitest'
import { makeMapPane } from '../../../src/commands/live/map-pane.ts'
import { pathMap } from '../../../src/commands/trace/live/path-map.ts'

const BERLIN = { latitude: 52.5, longitude: 13.4, label: '1' }
const TOKYO = { latitude: 35.7, longitude: 139.7, label: '2' }
const LOOK = { colours: 'none', graphics: 'braille' } as const

it('the map is drawn once for each change, in the size that is asked for, with dots of the path on it', async () => {
  let drawn = 0
  let wake = (): void => undefined
  const pane = makeMapPane(LOOK, () => {
    drawn += 1
    wake()
  })
  const next = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve
    })
  expect(pane.cells(pathMap([]), 80, 20)).toBeNull()
  const first = next()
  expect(pane.cells(pathMap([BERLIN]), 80, 20)).toBeNull()
  await first
  const alone = pane.cells(pathMap([BERLIN]), 80, 20)!
  expect([alone.columns, alone.rows]).toEqual([80, 20])
  expect(pane.cells(pathMap([BERLIN]), 80, 20)).toBe(alone)
  const second = next()
  // While the new one is drawn, what there is stays.
  expect(pane.cells(pathMap([BERLIN, TOKYO]), 80, 20)).toBe(alone)
  await second
  const path = pane.cells(pathMap([BERLIN, TOKYO]), 80, 20)!
  expect(path).not.toBe(alone)
  expect(path.dots.reduce((sum, dots) => sum + (dots === 0 ? 0 : 1), 0)).toBeGreaterThan(100)
  expect([drawn, pane.failure()]).toEqual([2, null])
})
