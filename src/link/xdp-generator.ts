/**
 * A packet generator in the kernel: the program of generator-program.ts, run on live frames that are redirected to the
 * interface. Each call costs some 25 ms beside its work, so calls are long; orders reach the program through shared memory.
 *
 * The first call is of at most 64 frames, and more follow only when they have left (departure-check.ts).
 */

import { InterplotError } from '../core/errors.ts'
import { ETHER_TYPE, ETHERNET_HEADER_BYTES, parseMac, writeEthernetHeader } from '../wire/ethernet.ts'
import { createSharedMap, loadProgram, runLive, runLiveAside } from './bpf-syscall.ts'
import type { GeneratorOptions, LinkSpec, PacketGenerator } from './contract.ts'
import { type DepartureCheck, makeDepartureCheck, upInterface } from './departure-check.ts'
import { type GeneratorControl, generatorControl } from './generator-control.ts'
import { generatorTables } from './generator-memory.ts'
import { generatedFrameBytes } from './generator-probe.ts'
import { generatorProgram } from './generator-program.ts'
import { libc } from './libc.ts'
import { type PacketDetails, packetDetails } from './packet-details.ts'

const TRIAL_FRAMES = 64
/** After a stop the rest of a call's frames is still dropped one by one; this many take less than a tenth of a second. */
const MAX_RUNS = 1 << 20
/** A frame that is not due waits about this long in the program. */
const WAIT_US = 2.5
const CALL_SECONDS = 2.5
const MAX_BATCH = 64
const BATCHES_A_SECOND = 2000
const WATCH_MS = 100
const IDLE_MS = 10
/** The program stops this long after the last sign of life: when this process ends in mid-call, so does the sending. */
const LIFE_NS = 500_000_000n

const unavailable = (why: string): InterplotError => new InterplotError('ERR_LINK_UNAVAILABLE', why)

/** @throws InterplotError ERR_LINK_UNAVAILABLE for a way out that XDP does not have. */
const checkWayOut = (spec: LinkSpec, { sendPath, gatewayMac, vlanId }: PacketDetails): void => {
  const name = spec.interfaceName
  if (sendPath === 'ip') throw unavailable(`XDP can't send through ${name}: it has no one gateway to send frames to`)
  if (gatewayMac === '') throw unavailable(`XDP can't send through ${name}: it carries no Ethernet frames`)
  if (vlanId >= 0) throw unavailable("the kernel's probes have no VLAN tag")
}

const ethernetHeader = (source: string, destination: string): Uint8Array => {
  const header = new Uint8Array(ETHERNET_HEADER_BYTES)
  const [from, to] = [parseMac(source), parseMac(destination)]
  if (from === null || to === null) throw unavailable('the interface has no Ethernet address')
  writeEthernetHeader(header, 0, { source: from, destination: to, etherType: ETHER_TYPE.ipv4 })
  return header
}

/** How many frames a call takes: CALL_SECONDS of work where that is not too many, less towards the end. */
const runsFor = (ratePps: number, probesLeft: number): number => {
  const runsEach = ratePps === Number.POSITIVE_INFINITY ? 1 : 1 + 1e6 / Math.max(ratePps, 1) / WAIT_US
  const untilEnd = probesLeft * runsEach + TRIAL_FRAMES
  return Math.ceil(Math.min(MAX_RUNS, Math.max(ratePps, 1e6 / WAIT_US) * CALL_SECONDS, untilEnd))
}

const batchFor = (ratePps: number): number => Math.max(1, Math.min(MAX_BATCH, Math.floor(ratePps / BATCHES_A_SECOND)))

interface LoadedProgram {
  program: number
  frameBytes: number
  control: GeneratorControl
  close(): void
}

/** @throws InterplotError ERR_LINK_UNAVAILABLE with the reason when the kernel or the way out does not allow it. */
const loadGenerator = (spec: LinkSpec, options: GeneratorOptions): LoadedProgram => {
  const { recipe, targets: space, copies } = options
  const details = packetDetails(spec)
  checkWayOut(spec, details)
  const { interfaceIndex, gatewayMac, sourceMac } = details
  const { linkAddress } = upInterface(spec)
  const header = ethernetHeader(sourceMac === '' ? linkAddress : sourceMac, gatewayMac)
  const tables = generatorTables(space)
  const assembler = generatorProgram({ space, tables, recipe, copies, ethernetHeader: header, interfaceIndex })
  const map = createSharedMap(tables.bytes)
  try {
    tables.fill(map.memory)
    const program = loadProgram(assembler.assemble(map.fd))
    let open = true
    return {
      program,
      frameBytes: generatedFrameBytes(recipe),
      control: generatorControl(map.memory),
      close() {
        if (!open) return
        open = false
        map.close()
        libc().close(program)
      },
    }
  } catch (error) {
    map.close()
    throw error
  }
}

/** @throws InterplotError ERR_LINK_UNAVAILABLE with the reason when the kernel or the way out does not allow it. */
export const openXdpGenerator = (spec: LinkSpec, options: GeneratorOptions): PacketGenerator => {
  const { targets: space, copies } = options
  const { program, frameBytes, control, close } = loadGenerator(spec, options)
  let { ratePps } = options
  let departures: DepartureCheck | undefined
  let running: Promise<void> = Promise.resolve()
  control.setRatePps(ratePps)

  const keepAlive = (): void => control.keepAlive(process.hrtime.bigint() + LIFE_NS)

  /** The first frames: few, because it is not known yet whether they leave. */
  const tryOut = async (): Promise<void> => {
    keepAlive()
    runLive({ program, frameBytes, runs: TRIAL_FRAMES, batchFrames: TRIAL_FRAMES })
    // None was due, or sending is paused: whoever gives the orders must get a turn.
    if (control.sent() === 0) await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
  }

  const callOnce = async (check: DepartureCheck): Promise<void> => {
    const probesLeft = Math.ceil((space.end - control.position()) / space.stride) * copies
    let gone: unknown
    keepAlive()
    const watch = setInterval(() => {
      keepAlive()
      try {
        check.look()
      } catch (error) {
        gone = error
        control.stop()
      }
    }, WATCH_MS)
    try {
      const runs = runsFor(ratePps, probesLeft)
      await runLiveAside({ program, frameBytes, runs, batchFrames: batchFor(ratePps) })
    } finally {
      clearInterval(watch)
    }
    if (gone !== undefined) throw gone
  }

  const work = async (): Promise<void> => {
    const check = makeDepartureCheck(spec, control, space.first)
    departures = check
    control.start(process.hrtime.bigint())
    while (!control.done() && !control.stopped()) {
      if (control.sent() === 0) await tryOut()
      else await callOnce(check)
      if (control.fault()) throw new InterplotError('ERR_INTERNAL', 'the generator lost its way among the targets')
      await check.settle()
    }
  }

  return {
    run() {
      running = work()
      return running
    },
    setRatePps(wanted) {
      ratePps = wanted
      control.setRatePps(wanted)
    },
    stop: control.stop,
    counters() {
      const failed = departures?.failed() ?? 0
      return { sent: control.sent() - failed, backoffs: 0, failed }
    },
    position: () => departures?.position() ?? space.first,
    async close() {
      control.stop()
      // Whoever called run() hears of its failure; here only its end matters.
      await running.catch(() => undefined)
      close()
    },
  }
}
