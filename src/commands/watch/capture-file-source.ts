/** A capture file, or a capture that comes over a pipe, as a source of connections; at full speed or as fast as it once went by. */

import { InterplotError } from '../../core/errors.ts'
import type { FrameHandler } from '../../core/frame.ts'
import { countOf } from '../../core/units.ts'
import { type CaptureFileSummary, readCaptureFile } from '../../sources/capture-file/capture-file.ts'
import { fileChunks } from '../../sources/capture-file/file-chunks.ts'
import { FlowMeter } from '../../sources/flows/flow-meter.ts'
import { inputName } from '../standard-input.ts'
import type { ConnectionSource, SourceEvents } from './connection-source.ts'
import { type FlowPlan, meterOptions, standingOf } from './flow-options.ts'
import { PacketClock, PacketPace } from './packet-time.ts'
import { chunksUntil, makeRequestedEnd } from './requested-end.ts'

/** Between two reports, in the time of who looks. */
const REPORT_MS = 250
/** What is read before there is a pause: never two packets, which have headers of 16 and 20 bytes at least, and links of their own. */
const REPLAY_SLICE_BYTES = 36

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

const summaryNotes = (name: string, summary: CaptureFileSummary, unknownLink: number): string[] => [
  ...(unknownLink === 0
    ? []
    : [
        `${countOf(unknownLink, 'frame')} of ${name} begin in a way that is not known here, and may hold IP all the same`,
      ]),
  ...(summary.isTruncated ? [`${name} breaks off within a packet: what came before it counts`] : []),
  ...(summary.damage === null ? [] : [`${name} is damaged (${summary.damage}): what came before it counts`]),
  ...(summary.malformedBlocks === 0
    ? []
    : [`${countOf(summary.malformedBlocks, 'block')} of ${name} contradict the file and were passed over`]),
]

const isInputError = (error: unknown): boolean => error instanceof InterplotError && error.code === 'ERR_INPUT_FILE'

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

class CaptureFile implements ConnectionSource {
  readonly title: string
  readonly filter: string | null
  readonly ownAddresses = []
  readonly #options: CaptureFileSourceOptions
  readonly #devices: (string | null)[] = []
  readonly #pace: PacketPace | null
  readonly #clock = new PacketClock()
  readonly #end = makeRequestedEnd()
  #reporting: Promise<void> | null = null
  /** The packet whose time has not come. */
  #due: { timeUs: number; take(): void } | null = null
  #reportedMs = performance.now()
  #sweptUs = 0

  constructor(options: CaptureFileSourceOptions) {
    this.#options = options
    this.title = inputName(options.path)
    this.filter = options.filter
    this.#pace = options.speed === undefined ? null : new PacketPace(options.speed)
  }

  stop(): void {
    this.#end.request()
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
    const chunks = chunksUntil(this.#pace === null ? opened : slices(opened), this.#end)
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
      await this.#reporting
      await this.#report(meter, events)
      events.onEnding()
      meter.finish()
      for (const note of this.#end.isRequested ? [] : summaryNotes(this.title, summary, meter.counters.unknownLink))
        events.onNote(note)
    } catch (error) {
      // Ended before anything came of which the format could be told.
      if (failure !== null || meter.counters.frames > 0 || !this.#end.isRequested || !isInputError(error))
        throw failure ?? error
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

  /** One at a time: whoever is told may be busy still. */
  #report(meter: FlowMeter, events: SourceEvents): Promise<void> {
    this.#reporting ??= this.#reportOnce(meter, events).finally(() => {
      this.#reporting = null
    })
    return this.#reporting
  }

  async #reportOnce(meter: FlowMeter, { onStanding }: SourceEvents): Promise<void> {
    const { counters } = meter
    this.#reportedMs = performance.now()
    const nowUs = this.#options.path === '-' ? this.#clock.nowUs(counters) : counters.lastUs
    this.#sweep(meter, nowUs)
    // What comes slowly is told as it comes, to programs and to the results file, too.
    if (this.#options.isShown || this.#options.path === '-' || this.#pace !== null) meter.flush()
    await onStanding(standingOf(counters, { nowUs, underWay: meter.flows, droppedByKernel: null, notKept: 0 }))
    // Whoever wants to stop it must get a turn.
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** A second of the file is long enough. */
  #sweep(meter: FlowMeter, nowUs: number): void {
    // Either way: a pipe's clock may be behind ours, which counts until its first packet.
    if (Math.abs(nowUs - this.#sweptUs) < 1e6) return
    this.#sweptUs = nowUs
    meter.sweep(nowUs)
  }

  async #afterChunk(meter: FlowMeter, events: SourceEvents): Promise<void> {
    const { counters } = meter
    this.#sweep(meter, counters.lastUs)
    if (performance.now() - this.#reportedMs >= REPORT_MS) await this.#report(meter, events)
    while (this.#pace !== null && this.#due !== null && !this.#end.isRequested) {
      const waitMs = this.#pace.dueInMs(this.#due.timeUs)
      if (waitMs < 1) {
        this.#due.take()
        this.#due = null
        return
      }
      await this.#end.orComing(sleep(Math.min(waitMs, REPORT_MS)))
      await this.#report(meter, events)
    }
  }
}

export const captureFileSource = (options: CaptureFileSourceOptions): ConnectionSource => new CaptureFile(options)
