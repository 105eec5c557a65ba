import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { HOP_ENDS, HOP_IS_TARGET, type HopBatch, makeHopBatch, NO_ICMP } from '../../src/core/hop-batch.ts'
import { ipv4 } from '../../src/core/ip.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { errorCode } from '../error-code.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'

const folder = temporaryFolder('hop-writer')
const START_US = 1_767_225_600_000_000
const TARGETS = Uint32Array.from({ length: 100 }, (_, i) => 0x14000007 + i * 256)

const fresh = (name: string): Store => openStore(join(folderFor(folder, name), 'results.db'), { mode: 'write' })

interface Row {
  target: number
  ttl: number
  address: number
  flags?: number
  icmp?: number
}

const batchOf = (rows: readonly Row[]): HopBatch => {
  const batch = makeHopBatch(Math.max(8, Math.ceil(rows.length / 8) * 8))
  for (const [row, { target, ttl, address, flags = 0, icmp = 0x0b00 }] of rows.entries()) {
    batch.timeUs[row] = START_US + 5_000_000 + row
    batch.target[row] = target
    batch.address[row] = address
    batch.rttUs[row] = 1234
    batch.icmp[row] = icmp
    batch.ttl[row] = ttl
    batch.replyTtl[row] = 60
    batch.flags[row] = flags
  }
  batch.count = rows.length
  return batch
}

const begin = (store: Store): number => {
  const runId = store.beginRun({ command: 'trace', arguments: [], startedUs: START_US })
  store.beginTraces(runId, { targets: TARGETS, method: 'udp paris', startedUs: START_US })
  return runId
}

/** In the order in which answers come: any. */
const shuffled = (rows: Row[]): Row[] => rows.map((_, i) => rows[(i * 37) % rows.length]!)

describe('hops of a mass trace', () => {
  it('are traces afterwards, hop by hop, whatever the order of the answers', () => {
    const store = fresh('order')
    const runId = begin(store)
    const rows = [...TARGETS].flatMap((target) => [
      ...[1, 2, 3].map((ttl) => ({ target, ttl, address: 0xc0000000 + ttl })),
      { target, ttl: 4, address: target, flags: HOP_IS_TARGET | HOP_ENDS, icmp: 0x0303 },
    ])
    const mixed = shuffled(rows.slice(0, 399))
    store.appendHops(runId, batchOf(mixed.slice(0, 150)))
    store.appendHops(runId, batchOf(mixed.slice(150)))
    store.appendHops(runId, batchOf([rows[399]!]))
    store.finishTraces(runId, START_US + 9_000_000)
    const traces = store.traces()
    expect(traces.map(({ target }) => target)).toEqual([...TARGETS])
    for (const { id, target, reached, finishedUs } of traces) {
      expect([reached, finishedUs]).toEqual([true, START_US + 9_000_000])
      expect(store.hops(id)).toEqual([
        ...[1, 2, 3].map((ttl) => ({
          ...{ ttl, attempt: 0, address: 0xc0000000 + ttl, rttUs: 1234 },
          ...{ icmpType: 11, icmpCode: 0, replyTtl: 60 },
        })),
        { ttl: 4, attempt: 0, address: target, rttUs: 1234, icmpType: 3, icmpCode: 3, replyTtl: 60 },
      ])
    }
    store.close()
  })

  it('keep of a target the nearest of its own answers', () => {
    const store = fresh('nearest')
    const runId = begin(store)
    const [target] = TARGETS
    const own = [9, 8, 7].map((ttl) => ({
      ...{ target: target!, ttl, address: target! },
      ...{ flags: HOP_IS_TARGET | HOP_ENDS, icmp: NO_ICMP },
    }))
    store.appendHops(runId, batchOf([...own, { target: target!, ttl: 6, address: 5 }]))
    store.finishTraces(runId, START_US)
    const hops = store.hops(store.traces()[0]!.id)!
    expect(hops.map(({ ttl, icmpType }) => [ttl, icmpType])).toEqual([
      [6, 11],
      [7, null],
    ])
    store.close()
  })

  it('stand beside other traces, of other commands and later runs', () => {
    const store = fresh('beside')
    const first = begin(store)
    const other = { id: 'other', target: ipv4(1), startedUs: START_US, reached: false, hops: [] }
    store.putTrace(first, other)
    const second = begin(store)
    for (const runId of [first, second]) {
      store.appendHops(runId, batchOf([...TARGETS].map((target) => ({ target, ttl: 1, address: runId }))))
      store.finishTraces(runId, START_US)
    }
    const traces = store.traces()
    expect(traces).toHaveLength(2 * TARGETS.length + 1)
    expect(new Set(traces.map(({ id }) => id)).size).toBe(traces.length)
    for (const { id, runId, hopCount } of traces) {
      if (id !== 'other') expect([hopCount, store.hops(id)![0]!.address]).toEqual([1, runId])
    }
    store.close()
  })

  it('go on in the traces of a run that was killed', () => {
    const store = fresh('again')
    const runId = begin(store)
    store.appendHops(runId, batchOf([{ target: TARGETS[3]!, ttl: 1, address: 1 }]))
    const { path } = store
    store.close()
    const again = openStore(path, { mode: 'write' })
    again.beginTraces(runId, { targets: TARGETS, method: 'udp paris', startedUs: START_US })
    const more = [3, 4].flatMap((i) => [1, 2].map((ttl) => ({ target: TARGETS[i]!, ttl, address: ttl })))
    again.appendHops(runId, batchOf(more))
    const hops = again.traces().map(({ id, target }) => [target, again.hops(id)!.length])
    expect(hops).toEqual([...TARGETS].map((target, i) => [target, i === 3 || i === 4 ? 2 : 0]))
    again.close()
  })

  it('of runs and targets that nobody has announced are refused', () => {
    const store = fresh('refused')
    const runId = begin(store)
    const stranger = batchOf([{ target: 1, ttl: 1, address: 1 }])
    expect(errorCode(() => store.appendHops(runId, stranger))).toBe('ERR_INTERNAL')
    expect(errorCode(() => store.appendHops(runId + 1, stranger))).toBe('ERR_INTERNAL')
    store.close()
  })
})

describe('what a mass trace is gone on from', () => {
  it('is there until the trace is done', () => {
    const store = fresh('resume')
    expect(store.resumableMassTrace()).toBeNull()
    const runId = begin(store)
    store.saveMassTrace(runId, { plan: { kind: 'udp' }, targets: TARGETS })
    expect(store.resumableMassTrace()).toEqual({
      runId,
      startedUs: START_US,
      plan: { kind: 'udp' },
      targets: TARGETS,
      state: null,
    })
    store.saveMassTraceState(runId, Uint8Array.of(1, 2, 3).subarray(1), START_US)
    expect([...store.resumableMassTrace()!.state!]).toEqual([2, 3])
    store.finishRun(runId, { finishedUs: START_US, outcome: 'interrupted', summary: {} })
    expect(store.resumableMassTrace()).not.toBeNull()
    store.finishRun(runId, { finishedUs: START_US, outcome: 'done', summary: {} })
    store.forgetMassTrace(runId)
    expect(store.resumableMassTrace()).toBeNull()
    store.close()
  })
})
