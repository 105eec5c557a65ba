/** What is watched, into the results file: connections as they change, where their ends are, nothing that is too old. */

import { systemClock } from '../../core/clock.ts'
import { type ConnectionBatch, remoteOf } from '../../core/connection-batch.ts'
import type { IpAddress } from '../../core/ip.ts'
import { openStore } from '../../store/store.ts'
import type { AddressPlaces } from '../address-places.ts'
import { putPlaces } from '../place-keeping.ts'
import { makePatientWriter } from './patient-writer.ts'

export interface ConnectionRecord {
  put(batch: ConnectionBatch): void
  /** Places of new ends; forgets what is too old. */
  tend(nowUs: number): void
  finish(outcome: 'done' | 'interrupted' | 'failed', summary: object): void
  close(): void
}

export const noConnectionRecord: ConnectionRecord = {
  put: () => undefined,
  tend: () => undefined,
  finish: () => undefined,
  close: () => undefined,
}

/** Addresses whose place was kept already, as far as they are remembered. */
const MOST_PLACED = 500_000
const PURGE_EVERY_US = 60e6

export interface ConnectionRecordOptions {
  path: string | false
  places: AddressPlaces
  title: string
  arguments: readonly string[]
  /** Connections that were silent for longer are forgotten, whichever run they are of. */
  keepUs?: number
  onNote(line: string): void
  /** Where the map begins, as the person said. */
  vantage?: string
}

/** @throws InterplotError of the results file */
export const openConnectionRecord = (options: ConnectionRecordOptions): ConnectionRecord => {
  const { path, places, keepUs, vantage } = options
  if (path === false) return noConnectionRecord
  const store = openStore(path, { mode: 'write' })
  const runId = store.beginRun({
    command: 'watch',
    arguments: options.arguments,
    module: options.title,
    startedUs: systemClock.nowUs(),
    ...(vantage === undefined ? {} : { vantage }),
  })
  const writer = makePatientWriter({
    write: (batch) => store.putConnections(runId, batch),
    onNote: options.onNote,
    nowMs: () => performance.now(),
  })
  let placed = new Set<IpAddress>()
  let unplaced = new Set<IpAddress>()
  let purgedUs = Number.NEGATIVE_INFINITY
  /** Of what is watched: a capture file is as old as its last packet. */
  let latestUs = systemClock.nowUs()
  const place = (): void => {
    if (unplaced.size === 0) return
    putPlaces(store, places, unplaced)
    if (placed.size > MOST_PLACED) placed = new Set()
    for (const address of unplaced) placed.add(address)
    unplaced = new Set()
  }
  const purge = (nowUs: number): void => {
    if (keepUs === undefined || nowUs - purgedUs < PURGE_EVERY_US) return
    // One packet of a capture file may be dated in the future: nothing is older for that.
    store.purgeConnections(Math.min(nowUs, systemClock.nowUs()) - keepUs)
    purgedUs = nowUs
  }
  return {
    put(batch) {
      writer.put(batch)
      if (places.note !== null) return
      for (let row = 0; row < batch.count; row += 1) {
        const remote = remoteOf(batch, row)
        if (!placed.has(remote)) unplaced.add(remote)
      }
    },
    tend(nowUs) {
      latestUs = nowUs
      writer.attempt(() => {
        place()
        purge(nowUs)
      })
    },
    finish(outcome, summary) {
      writer.finish()
      place()
      purgedUs = Number.NEGATIVE_INFINITY
      purge(latestUs)
      store.finishRun(runId, {
        finishedUs: systemClock.nowUs(),
        outcome,
        summary: { ...summary, attributions: places.attributions },
      })
    },
    close: () => store.close(),
  }
}
