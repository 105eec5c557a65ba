/**
 * A packet generator in the kernel: the program of generator-program.ts, run on live frames that are redirected to the
 * interface. Each call costs some 28 ms beside its work, so calls are long; orders reach the program through shared memory.
 *
 * Nothing reports a frame that the interface's driver did not take: the redirect happens after the program. So the driver's
 * own counter of sent packets decides. The first call is of at most 64 frames, and goes on only when they have left; later
 * calls are checked as a whole.
 */

import { InterplotError } from '../core/errors.ts'
import { ETHER_TYPE, ETHERNET_HEADER_BYTES, parseMac, writeEthernetHeader } from '../wire/ethernet.ts'
import { createSharedMap, loadProgram, runLive, runLiveAside } from './bpf-syscall.ts'
import type { GeneratorOptions, LinkSpec, PacketGenerator } from './contract.ts'
import { type GeneratorControl, generatorControl } from './generator-control.ts'
import { generatorTables } from './generator-memory.ts'
import { generatedFrameBytes } from './generator-probe.ts'
import { generatorProgram } from './generator-program.ts'
import { type InterfaceState, interfaceState } from './interface-state.ts'
import { libc } from './libc.ts'
import { type PacketDetails, packetDetails } from './packet-details.ts'

const TRIAL_FRAMES = 64
/** After a stop the rest of a call's frames is still dropped one by one; this many take less than a tenth of a second. */
const MAX_RUNS = 1 << 20
/** A frame that is not due waits about this long in the program. */
const WAIT_US = 2.5
const CALL_SECONDS = 1
const MAX_BATCH = 64
const BATCHES_A_SECOND = 2000
/** Some drivers bring their counters up to date only now and then. */
const COUNTER_WAIT_MS = 1500
const COUNTER_POLL_MS = 10
const WATCH_MS = 100

const unavailable = (why: string): InterplotError => new InterplotError('ERR_LINK_UNAVAILABLE', why)

/** @throws InterplotError ERR_LINK_UNAVAILABLE for a way out that XDP does not have. */
const checkWayOut = (spec: LinkSpec, { sendPath, gatewayMac, vlanId }: PacketDetails): void => {
  const name = spec.interfaceName
  if (sendPath === 'ip') throw unavailable(`XDP can't send through ${name}: it has no one gateway to send frames to`)
  if (gatewayMac === '') throw unavailable(`XDP can't send through ${name}: it carries no Ethernet frames`)
  if (vlanId >= 0) throw unavailable("the kernel's probes have no VLAN tag")
}

const stateOf = (spec: LinkSpec): InterfaceState => {
  const state = interfaceState(packetDetails(spec).interfaceIndex)
  if (state?.up === true) return state
  const name = spec.interfaceName
  throw new InterplotError('ERR_LINK_SEND', `the interface ${name} ${state === null ? 'is gone' : 'went down'}`, {
    advice: `Bring it up again with: ip link set ${name} up`,
  })
}

/** Why a driver takes no frames, as far as its kind tells. */
const refusalReason = (spec: LinkSpec, kind: string): string => {
  const what = `no packet that XDP gave to ${spec.interfaceName} left`
  if (kind === 'veth')
    return `${what}: a veth takes them only when its other end has GRO on (ethtool -K) or an XDP program`
  if (kind !== '') return `${what}: a ${kind} interface does not take them`
  return `${what}: its driver does not take them, or only while an XDP program is attached to it`
}

const ethernetHeader = (source: string, destination: string): Uint8Array => {
  const header = new Uint8Array(ETHERNET_HEADER_BYTES)
  const [from, to] = [parseMac(source), parseMac(destination)]
  if (from === null || to === null) throw unavailable('the interface has no Ethernet address')
  writeEthernetHeader(header, 0, { source: from, destination: to, etherType: ETHER_TYPE.ipv4 })
  return header
}

/** How many frames a call takes: about a second of work, less towards the end. */
const runsFor = (ratePps: number, probesLeft: number): number => {
  const runsEach = ratePps === Number.POSITIVE_INFINITY ? 1 : 1 + 1e6 / Math.max(ratePps, 1) / WAIT_US
  const untilEnd = probesLeft * runsEach + TRIAL_FRAMES
  return Math.ceil(Math.min(MAX_RUNS, Math.max(ratePps, 1e6 / WAIT_US) * CALL_SECONDS, untilEnd))
}

const batchFor = (ratePps: number): number => Math.max(1, Math.min(MAX_BATCH, Math.floor(ratePps / BATCHES_A_SECOND)))

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Compares what the program has sent with what the driver says has left. */
const makeCounterCheck = (spec: LinkSpec, control: GeneratorControl) => {
  const before = stateOf(spec)
  let failed = 0
  let mark = { sent: 0, left: 0 }
  const look = (): { sent: number; left: number } => {
    const now = { sent: control.sent(), left: stateOf(spec).sentPackets - before.sentPackets }
    failed = Math.max(0, now.sent - now.left)
    return now
  }
  return {
    /** @throws InterplotError ERR_LINK_UNAVAILABLE when less than half of what was sent since the last check has left. */
    async check(): Promise<void> {
      for (let waitedMs = 0; waitedMs < COUNTER_WAIT_MS; waitedMs += COUNTER_POLL_MS) {
        const now = look()
        if ((now.left - mark.left) * 2 >= now.sent - mark.sent) {
          mark = now
          return
        }
        await sleep(COUNTER_POLL_MS)
      }
      throw unavailable(refusalReason(spec, before.kind))
    },
    failed: () => failed,
  }
}

/** @throws InterplotError ERR_LINK_UNAVAILABLE with the reason when the kernel or the way out does not allow it. */
export const openXdpGenerator = (spec: LinkSpec, options: GeneratorOptions): PacketGenerator => {
  const { recipe, targets: space, copies } = options
  const details = packetDetails(spec)
  checkWayOut(spec, details)
  const { interfaceIndex, gatewayMac, sourceMac } = details
  const { linkAddress } = stateOf(spec)
  const header = ethernetHeader(sourceMac === '' ? linkAddress : sourceMac, gatewayMac)
  const frameBytes = generatedFrameBytes(recipe)
  const tables = generatorTables(space)
  const assembler = generatorProgram({ space, tables, recipe, copies, ethernetHeader: header, interfaceIndex })
  const map = createSharedMap(tables.bytes)
  let program = -1
  const closeAll = (): void => {
    map.close()
    if (program >= 0) libc().close(program)
    program = -1
  }
  try {
    tables.fill(map.memory)
    program = loadProgram(assembler.assemble(map.fd))
  } catch (error) {
    closeAll()
    throw error
  }
  const control = generatorControl(map.memory)
  control.setRatePps(options.ratePps)
  let { ratePps } = options
  let provenPosition = space.first
  let failed = (): number => 0
  let running: Promise<void> = Promise.resolve()

  const callOnce = async (): Promise<void> => {
    const probesLeft = Math.ceil((space.end - control.position()) / space.stride) * copies
    let gone: unknown
    const watch = setInterval(() => {
      try {
        stateOf(spec)
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
    const counters = makeCounterCheck(spec, control)
    failed = counters.failed
    control.start(process.hrtime.bigint())
    while (!control.done() && !control.stopped()) {
      if (control.sent() === 0) runLive({ program, frameBytes, runs: TRIAL_FRAMES, batchFrames: TRIAL_FRAMES })
      else await callOnce()
      if (control.fault()) throw new InterplotError('ERR_INTERNAL', 'the generator lost its way among the targets')
      await counters.check()
      provenPosition = control.position()
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
    counters: () => ({ sent: control.sent() - failed(), backoffs: 0, failed: failed() }),
    position: () => provenPosition,
    async close() {
      control.stop()
      // Whoever called run() hears of its failure; here only its end matters.
      await running.catch(() => undefined)
      closeAll()
    },
  }
}
