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
/** What is read before there is a pause: never two packets, which have headers of 16 and 20 bytes at least, and links of their own. */
const REPLAY_SLICE_BYTES = 36
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

/** What comes next of a pipe, or nothing once somebody wants it to end: a pipe may be silent for hours. */
async function* until(
  chunks: AsyncIterable<Uint8Array>,
  ended: Promise<null>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = chunks[Symbol.asyncIterator]()
  try {
    for (;;) {
      const coming = iterator.next()
      // Nobody waits for it any more when somebody wants it to end; then it may fail.
      coming.catch(() => undefined)
      const next = await Promise.race([coming, ended])
      if (next === null || next.done === true) return
      yield next.value
    }
  } finally {
    // Not waited for: a pipe answers only when something comes.
    Promise.resolve(iterator.return?.()).catch(() => undefined)
  }
}

/** Times of packets, and between them the time that has passed since. */
class PacketClock {
  #lastUs = 0
  #heardMs = performance.now()

  nowUs(lastUs: number): number {
    if (lastUs !== this.#lastUs) {
      this.#lastUs = lastUs
      this.#heardMs = performance.now()
    }
    return lastUs === 0 ? Date.now() * 1000 : lastUs + (performance.now() - this.#heardMs) * 1000
  }
}

class CaptureFile implements ConnectionSource {
  readonly title: string
  readonly filter: string | null
  readonly ownAddresses = []
  readonly #options: CaptureFileSourceOptions
  readonly #devices: (string | null)[] = []
  readonly #pace: Pace | null
  readonly #clock = new PacketClock()
  readonly #ended: Promise<null>
  #end = (): void => undefined
  #isEnded = false
  /** The packet whose time has not come. */
  #due: { timeUs: number; take(): void } | null = null
  #reportedMs = performance.now()
  #sweptUs = 0

  constructor(options: CaptureFileSourceOptions) {
    this.#options = options
    this.title = inputName(options.path)
    this.filter = options.filter
    this.#pace = options.speed === undefined ? null : new Pace(options.speed)
    this.#ended = new Promise((resolve) => {
      this.#end = () => resolve(null)
    })
  }

  stop(): void {
    this.#isEnded = true
    this.#end()
  }

  async run(events: SourceEvents): Promise<void> {
    const { path, plan } = this.#options
    const meter = new FlowMeter({
      ...meterOptions(plan),
      deviceName: (device) => this.#devices[device] ?? null,
      onBatch(batch) {
        events.onBatch(batch)
        batch.count = 0
        return batch
      },
    })
    const isPipe = path === '-'
    const opened: AsyncIterable<Uint8Array> = isPipe ? process.stdin : fileChunks(path)
    const chunks = until(this.#pace === null ? opened : slices(opened), this.#ended)
    // A pipe that is silent: ages go on, connections end.
    let failure: unknown = null
    const report = (): void => {
      this.#report(meter, events).catch((error: unknown) => {
        failure ??= error
        this.stop()
      })
    }
    const timer = isPipe ? setInterval(report, REPORT_MS) : undefined
    try {
      const summary = await readCaptureFile(chunks, this.title, this.#frameHandler(meter), {
        afterChunk: () => this.#afterChunk(meter, events),
        onDevice: (device, name) => {
          this.#devices[device] = name
        },
      })
      if (failure !== null) throw failure
      await this.#report(meter, events)
      events.onEnding()
      meter.finish()
      for (const note of this.#isEnded ? [] : summaryNotes(this.title, summary)) events.onNote(note)
    } finally {
      clearInterval(timer)
      // Otherwise the program waits for more of it.
      if (isPipe) process.stdin.destroy()
    }
  }

  #frameHandler(meter: FlowMeter): FrameHandler {
    const { passes } = this.#options
    const take = this.#pace === null ? meter.onFrame : this.#pacedHandler(meter)
    if (passes === undefined) return take
    return (bytes, offset, captured, wireBytes, timeUs, linkType, device) => {
      if (!passes(bytes, offset, captured, wireBytes, linkType)) return
      take(bytes, offset, captured, wireBytes, timeUs, linkType, device)
    }
  }

  /** Keeps a packet until afterChunk has waited for its time. */
  #pacedHandler(meter: FlowMeter): FrameHandler {
    return (bytes, offset, captured, wireBytes, timeUs, linkType, device) => {
      this.#due?.take()
      const copy = bytes.slice(offset, offset + captured)
      this.#due = { timeUs, take: () => meter.onFrame(copy, 0, captured, wireBytes, timeUs, linkType, device) }
    }
  }

  async #report(meter: FlowMeter, { onStanding }: SourceEvents): Promise<void> {
    const { counters } = meter
    this.#reportedMs = performance.now()
    const nowUs = this.#options.path === '-' ? this.#clock.nowUs(counters.lastUs) : counters.lastUs
    this.#sweep(meter, nowUs)
    if (this.#options.isShown) meter.flush()
    await onStanding(standingOf(counters, { nowUs, underWay: meter.flows, droppedByKernel: null, notKept: 0 }))
    // Whoever wants to stop it must get a turn.
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** A second of the file is long enough. */
  #sweep(meter: FlowMeter, nowUs: number): void {
    if (nowUs - this.#sweptUs < 1e6) return
    this.#sweptUs = nowUs
    meter.sweep(nowUs)
  }

  async #afterChunk(meter: FlowMeter, events: SourceEvents): Promise<void> {
    const { counters } = meter
    this.#sweep(meter, counters.lastUs)
    if (performance.now() - this.#reportedMs >= REPORT_MS) await this.#report(meter, events)
    while (this.#pace !== null && this.#due !== null && !this.#isEnded) {
      const waitMs = this.#pace.dueInMs(this.#due.timeUs)
      if (waitMs < 1) {
        this.#due.take()
        this.#due = null
        return
      }
      await Promise.race([sleep(Math.min(waitMs, REPORT_MS)), this.#ended])
      await this.#report(meter, events)
    }
  }
}

export const captureFileSource = (options: CaptureFileSourceOptions): ConnectionSource => new CaptureFile(options)
