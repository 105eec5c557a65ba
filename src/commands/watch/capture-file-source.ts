/** A capture file, or a capture that comes over a pipe, as a source of connections; at full speed or as fast as it once went by. */

import type { FrameHandler } from '../../core/frame.ts'
import { countOf } from '../../core/units.ts'
import { type CaptureFileSummary, readCaptureFile } from '../../sources/capture-file/capture-file.ts'
import { fileChunks } from '../../sources/capture-file/file-chunks.ts'
import { FlowMeter } from '../../sources/flows/flow-meter.ts'
import { inputName } from '../standard-input.ts'
import type { ConnectionSource, SourceEvents } from './connection-source.ts'
import { type FlowPlan, meterOptions, standingOf } from './flow-options.ts'

/** Between two reports, in the time of who looks. */
const REPORT_MS = 250
/** What is read before there is a pause: it must not hold much more than a packet. */
const REPLAY_SLICE_BYTES = 256
/** Silence in the file is shortened to this when it is replayed. */
const MOST_PAUSE_MS = 60_000

export interface CaptureFileSourceOptions {
  /** `-` is standard input. */
  path: string
  plan: FlowPlan
  filter: string | null
  /** Says which frames count; absent = all. */
  passes?: (bytes: Uint8Array, offset: number, captured: number, wireBytes: number, linkType: number) => boolean
  /** How many times faster than it was; absent = as fast as it can be read. */
  speed?: number
  /** Whether what has changed is wanted while reading goes on, not only in the end. */
  isShown: boolean
}

async function* slices(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += REPLAY_SLICE_BYTES) yield chunk.subarray(at, at + REPLAY_SLICE_BYTES)
  }
}

/** Waits until a packet is due. Its first one is due at once. */
class Pace {
  #firstUs = Number.NaN
  #startMs = 0
  readonly #speed: number

  constructor(speed: number) {
    this.#speed = speed
  }

  /** Milliseconds until then; 0 or less = now. */
  dueInMs(timeUs: number): number {
    const nowMs = performance.now()
    if (Number.isNaN(this.#firstUs)) {
      this.#firstUs = timeUs
      this.#startMs = nowMs
    }
    const dueMs = this.#startMs + (timeUs - this.#firstUs) / 1000 / this.#speed
    const waitMs = dueMs - nowMs
    if (waitMs <= MOST_PAUSE_MS) return waitMs
    // From here on everything is due earlier.
    this.#startMs -= waitMs - MOST_PAUSE_MS
    return MOST_PAUSE_MS
  }
}

const summaryNotes = (name: string, summary: CaptureFileSummary): string[] => [
  ...(summary.isTruncated ? [`${name} breaks off within a packet: what came before it counts`] : []),
  ...(summary.damage === null ? [] : [`${name} is damaged (${summary.damage}): what came before it counts`]),
  ...(summary.malformedBlocks === 0
    ? []
    : [`${countOf(summary.malformedBlocks, 'block')} of ${name} contradict the file and were passed over`]),
]

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export const captureFileSource = (options: CaptureFileSourceOptions): ConnectionSource => {
  const { path, plan, filter, passes, speed, isShown } = options
  const name = inputName(path)
  let stopped = false
  const run = async ({ onBatch, onStanding, onNote }: SourceEvents): Promise<void> => {
    const devices: (string | null)[] = []
    const meter = new FlowMeter({
      ...meterOptions(plan),
      deviceName: (device) => devices[device] ?? null,
      onBatch(batch) {
        onBatch(batch)
        batch.count = 0
        return batch
      },
    })
    const { counters } = meter
    const onFrame: FrameHandler =
      passes === undefined
        ? meter.onFrame
        : (bytes, offset, captured, wireBytes, timeUs, linkType, device) => {
            if (!passes(bytes, offset, captured, wireBytes, linkType)) return
            meter.onFrame(bytes, offset, captured, wireBytes, timeUs, linkType, device)
          }
    const pace = speed === undefined ? null : new Pace(speed)
    let reportedMs = performance.now()
    let sweptUs = 0
    const report = async (): Promise<void> => {
      reportedMs = performance.now()
      if (isShown) meter.flush()
      const rest = { nowUs: counters.lastUs, underWay: meter.flows, droppedByKernel: null, notKept: 0 }
      await onStanding(standingOf(counters, rest))
      // Whoever wants to stop it must get a turn.
      await new Promise((resolve) => setImmediate(resolve))
    }
    const afterChunk = async (): Promise<void> => {
      // A second of the file is long enough, and what was there is swept in parts.
      if (counters.lastUs - sweptUs >= 1e6) {
        sweptUs = counters.lastUs
        meter.sweep(sweptUs)
      }
      if (performance.now() - reportedMs >= REPORT_MS) await report()
      while (pace !== null && counters.frames > 0 && !stopped) {
        const waitMs = pace.dueInMs(counters.lastUs)
        if (waitMs < 1) return
        await sleep(Math.min(waitMs, REPORT_MS))
        await report()
      }
    }
    const opened: AsyncIterable<Uint8Array> = path === '-' ? process.stdin : fileChunks(path)
    const summary = await readCaptureFile(
      until(pace === null ? opened : slices(opened), () => stopped),
      name,
      onFrame,
      {
        afterChunk,
        onDevice(device, deviceName) {
          devices[device] = deviceName
        },
      },
    )
    meter.flush()
    await report()
    for (const note of stopped ? [] : summaryNotes(name, summary)) onNote(note)
  }
  const stop = (): void => {
    stopped = true
  }
  return { title: name, filter, ownAddresses: [], run, stop }
}

async function* until(
  chunks: AsyncIterable<Uint8Array>,
  isOver: () => boolean,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) {
    if (isOver()) return
    yield chunk
  }
}
