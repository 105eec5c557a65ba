/**
 * The far end of bench/capture.ts: INTERFACE CORE HANDLER. Captures, on one processor, until its standard input ends; then prints
 * what came and what it took as one line of JSON.
 */

import type { FrameHandler } from '../src/core/frame.ts'
import { openCapture } from '../src/link/capture/live-capture.ts'
import { pinThread } from '../src/link/thread-affinity.ts'
import { flowCounter } from './flow-counter.ts'

const POLL_MS = 20
/** The event loop gets a turn this often: it says when to end. */
const TURN_MS = 50
const FLUSH_MS = 250
const [name = '', core = '1', handlerName = 'count'] = process.argv.slice(2)

interface Handler {
  onFrame: FrameHandler
  /** What it found, for the line of JSON. */
  found(): object
}

/** What is done with each frame. */
const HANDLERS: Readonly<Record<string, () => Handler>> = {
  count() {
    let frames = 0
    let bytes = 0
    return {
      onFrame(_bytes, _offset, _captured, wireBytes) {
        frames += 1
        bytes += wireBytes
      },
      found: () => ({ frames, bytes }),
    }
  },
  /** What `interplot watch` does: flows, names looked for, changes handed over four times a second. */
  flows() {
    const { meter, rows } = flowCounter()
    let dueMs = performance.now()
    let frames = 0
    return {
      onFrame(bytes, offset, captured, wireBytes, timeUs, linkType, device) {
        meter.onFrame(bytes, offset, captured, wireBytes, timeUs, linkType, device)
        frames += 1
        // The clock is asked now and then only.
        if ((frames & 0xfff) !== 0 || performance.now() < dueMs) return
        dueMs = performance.now() + FLUSH_MS
        meter.sweep(timeUs)
        meter.flush()
      },
      found: () => ({ frames, rows: rows(), flows: meter.flows, packets: meter.counters.packets }),
    }
  },
}

const makeHandler = HANDLERS[handlerName]
if (makeHandler === undefined) throw new Error(`there are these handlers: ${Object.keys(HANDLERS).join(', ')}`)
const { onFrame, found } = makeHandler()
pinThread(Number(core))
const capture = openCapture({
  interfaces: [name],
  program: [],
  snapBytes: 96,
  promiscuous: false,
  mayBlock: true,
  onState: () => undefined,
})
let open = true
process.stdin.on('data', () => undefined)
process.stdin.once('end', () => {
  open = false
})
process.stderr.write('ready\n')
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
while (open) {
  const untilMs = performance.now() + TURN_MS
  while (performance.now() < untilMs) await capture.poll(onFrame, POLL_MS)
  await turn()
}
while ((await capture.poll(onFrame, POLL_MS)) > 0);
const { received, droppedByKernel, frozen, otherProtocols } = capture.counters()
capture.close()
process.stdout.write(`${JSON.stringify({ received, droppedByKernel, frozen, otherProtocols, ...found() })}\n`)
process.exit(0)
