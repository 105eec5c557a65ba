/**
 * Captures until its standard input ends, then prints one line of JSON: frames, changes of interfaces, counters. With `thread` a
 * worker that may block does it, with `drop` it gives up all rights once the capture is open.
 */

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { InterplotError } from '../../src/core/errors.ts'
import { formatIp } from '../../src/core/ip.ts'
import type { BpfInstruction } from '../../src/link/bpf-assembler.ts'
import { openCapture } from '../../src/link/capture/live-capture.ts'
import { dropCapabilities } from '../../src/link/privileges.ts'

interface Options {
  interfaces: string[]
  program?: BpfInstruction[]
  snapBytes?: number
  promiscuous?: boolean
  ringBytes?: number
  thread?: boolean
  drop?: boolean
  /** Nothing is read for so long, to begin with. */
  stallMs?: number
  /** Frames are counted and not kept. */
  countOnly?: boolean
  /** Room for so many bytes more in this process. */
  memoryBytes?: number
}

const HEX_BYTES = 128
const LAST_MS = 60
/** Words of the shared state: whether to end, whether it is open. */
const END = 0
const OPEN = 1

const rights = (): string => /^CapEff:\s*(\S+)/m.exec(readFileSync('/proc/thread-self/status', 'utf8'))![1]!

const limitMemory = (bytes: number): void => {
  const kibibytes = Number(/^VmSize:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1])
  execFileSync('prlimit', ['--pid', String(process.pid), `--as=${kibibytes * 1024 + bytes}`])
}

const work = async (options: Options, state: Int32Array): Promise<object> => {
  const { thread = false, drop = false, stallMs = 0, countOnly = false, memoryBytes } = options
  const frames: object[] = []
  const changes: string[] = []
  if (memoryBytes !== undefined) limitMemory(memoryBytes)
  const { interfaces, program = [], snapBytes = 262_144, promiscuous = false, ringBytes } = options
  const capture = openCapture({
    interfaces,
    program,
    snapBytes,
    promiscuous,
    ...(ringBytes === undefined ? {} : { ringBytes }),
    mayBlock: thread,
    onState: (name, change) => void changes.push(`${name} ${change}`),
  })
  if (drop) dropCapabilities()
  Atomics.store(state, OPEN, 1)
  Atomics.notify(state, OPEN)
  const onFrame: Parameters<typeof capture.poll>[0] = (
    bytes,
    offset,
    captured,
    wireBytes,
    timeUs,
    linkType,
    device,
  ) => {
    if (countOnly) return
    const hex = Buffer.from(bytes.subarray(offset, offset + Math.min(captured, HEX_BYTES))).toString('hex')
    frames.push({ hex, captured, wireBytes, timeUs, linkType, device: capture.deviceName(device) })
  }
  if (stallMs > 0) await new Promise((resolve) => setTimeout(resolve, stallMs))
  let polls = 0
  while (Atomics.load(state, END) === 0) {
    const polled = capture.poll(onFrame, 20)
    if (typeof polled !== 'number') await polled
    else if (!thread) await new Promise((resolve) => setImmediate(resolve))
    polls += 1
  }
  while ((await capture.poll(onFrame, LAST_MS)) > 0);
  const counters = capture.counters()
  const addresses = capture
    .addresses()
    .map(({ interfaceIndex, address, prefixLength }) => [
      capture.deviceName(interfaceIndex),
      `${formatIp(address)}/${prefixLength}`,
    ])
  capture.close()
  const afterClose = await capture.poll(onFrame, 10)
  return { frames, changes, counters, addresses, notes: capture.notes, rights: rights(), polls, afterClose }
}

const coded = (error: unknown): object =>
  error instanceof InterplotError ? { code: error.code, line: error.toLine() } : { code: 'OTHER', line: String(error) }

const inWorker = (options: Options, state: Int32Array): Promise<object> => {
  const source = `import { register } from ${JSON.stringify(import.meta.resolve('tsx/esm/api'))};
register(); await import(${JSON.stringify(import.meta.url)});`
  const data = { options, state }
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), { workerData: data })
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

if (isMainThread) {
  const options = JSON.parse(process.argv[2] ?? '{}') as Options
  const state = new Int32Array(new SharedArrayBuffer(8))
  process.stdin.on('data', () => undefined)
  process.stdin.once('end', () => Atomics.store(state, END, 1))
  const ended = options.thread === true ? inWorker(options, state) : work(options, state).catch(coded)
  const looking = setInterval(() => {
    if (Atomics.load(state, OPEN) === 0) return
    clearInterval(looking)
    process.stderr.write('ready\n')
  }, 5)
  process.stdout.write(`${JSON.stringify(await ended)}\n`, () => process.exit(0))
} else {
  const { options, state } = workerData as { options: Options; state: Int32Array }
  parentPort!.postMessage(await work(options, state).catch(coded))
}
