import { expect, it } from 'vitest'
import { noAddressPlaces } from '../../../src/commands/address-places.ts'
import { quietTerminal } from '../../../src/commands/terminal.ts'
import { noConnectionRecord } from '../../../src/commands/watch/connection-record.ts'
import { NO_TOTALS, WatchModel } from '../../../src/commands/watch/watch-model.ts'
import { Watch } from '../../../src/commands/watch/watch-session.ts'
import { addConnection, HAS_ENDED, makeConnectionBatch } from '../../../src/core/connection-batch.ts'
import { START_US, watched } from './live/watched.ts'

it('keeps no list of what is gone where only a table looks on', async () => {
  const model = new WatchModel({ capacity: 4, placeOf: () => null })
  const audience = { model, feed: null, markers: null, rows: null }
  const watch = new Watch({}, audience, noConnectionRecord, noAddressPlaces, quietTerminal)
  for (let id = 1; id <= 40; id += 1) {
    const batch = makeConnectionBatch(8)
    addConnection(batch, watched(id), HAS_ENDED)
    watch.take(batch)
    await watch.stand({ nowUs: START_US + id * 1e6, totals: NO_TOTALS })
  }
  expect(model.displaced).toBeGreaterThan(30)
  expect(model.takeChanges().gone).toEqual([])
})
