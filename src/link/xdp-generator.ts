/**
 * A packet generator in the kernel: the program of generator-program.ts, run on live frames that are redirected to the
 * interface. Calls overlap (generator-calls.ts); orders reach the programs through shared memory.
 *
 * The first call is of at most 64 frames, and more follow only when they have left (departure-check.ts).
 */

import { InterplotError } from '../core/errors.ts'
import { ETHER_TYPE, ETHERNET_HEADER_BYTES, parseMac, writeEthernetHeader } from '../wire/ethernet.ts'
import { createSharedMap, loadProgram, runLive } from './bpf-syscall.ts'
import type { GeneratorOptions, LinkSpec, PacketGenerator } from './contract.ts'
import { type DepartureCheck, makeDepartureCheck, upInterface } from './departure-check.ts'
import { runCalls } from './generator-calls.ts'
import { type GeneratorControl, generatorControl } from './generator-control.ts'
import { generatorTables } from './generator-memory.ts'
import { generatedFrameBytes } from './generator-probe.ts'
import { generatorProgram } from './generator-program.ts'
import { libc } from './libc.ts'
import { type PacketDetails, packetDetails } from './packet-details.ts'

const TRIAL_FRAMES = 64
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

interface LoadedPrograms {
  programs: readonly [number, number]
  frameBytes: number
  control: GeneratorControl
  close(): void
}

/** @throws InterplotError ERR_LINK_UNAVAILABLE with the reason when the kernel or the way out does not allow it. */
const loadGenerator = (spec: LinkSpec, options: GeneratorOptions): LoadedPrograms => {
  const { recipe, targets: space, copies } = options
  const details = packetDetails(spec)
  checkWayOut(spec, details)
  const { interfaceIndex, gatewayMac, sourceMac } = details
  const { linkAddress } = upInterface(spec)
  const header = ethernetHeader(sourceMac === '' ? linkAddress : sourceMac, gatewayMac)
  const tables = generatorTables(space)
  const common = { space, tables, recipe, copies, ethernetHeader: header, interfaceIndex }
  const assemblers = [generatorProgram({ ...common, program: 0 }), generatorProgram({ ...common, program: 1 })] as const
  const map = createSharedMap(tables.bytes)
  try {
    tables.fill(map.memory)
    const first = loadProgram(assemblers[0].assemble(map.fd))
    let second: number
    try {
      second = loadProgram(assemblers[1].assemble(map.fd))
    } catch (error) {
      libc().close(first)
      throw error
    }
    let open = true
    return {
      programs: [first, second],
      frameBytes: generatedFrameBytes(recipe),
      control: generatorControl(map.memory),
      close() {
        if (!open) return
        open = false
        map.close()
        libc().close(first)
        libc().close(second)
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
  const { programs, frameBytes, control, close } = loadGenerator(spec, options)
  let { ratePps } = options
  let departures: DepartureCheck | undefined
  let running: Promise<void> = Promise.resolve()
  control.setRatePps(ratePps)

  const keepAlive = (): void => control.keepAlive(process.hrtime.bigint() + LIFE_NS)

  /** The first frames: few, because it is not known yet whether they leave. */
  const tryOut = async (): Promise<void> => {
    keepAlive()
    runLive({ program: programs[0], frameBytes, runs: TRIAL_FRAMES, batchFrames: TRIAL_FRAMES })
    // None was due, or sending is paused: whoever gives the orders must get a turn.
    if (control.sent() === 0) await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
  }

  const settle = async (check: DepartureCheck): Promise<void> => {
    if (control.fault()) throw new InterplotError('ERR_INTERNAL', 'the generator lost its way among the targets')
    await check.settle()
  }

  /** Keeps the programs alive, and stops them when the interface goes. @returns what ends that, and throws what went wrong. */
  const watch = (check: DepartureCheck): (() => void) => {
    let gone: { error: unknown } | null = null
    const timer = setInterval(() => {
      keepAlive()
      try {
        check.look()
      } catch (error) {
        gone ??= { error }
        control.stop()
      }
    }, WATCH_MS)
    return () => {
      clearInterval(timer)
      if (gone !== null) throw gone.error
    }
  }

  const work = async (): Promise<void> => {
    const check = makeDepartureCheck(spec, control, space.first)
    departures = check
    control.start(process.hrtime.bigint())
    while (control.sent() === 0 && !control.done() && !control.stopped()) {
      await tryOut()
      await settle(check)
    }
    if (control.done() || control.stopped()) return
    const probesLeft = (): number => Math.ceil((space.end - control.position()) / space.stride) * copies
    const afterCall = (): Promise<void> => settle(check)
    keepAlive()
    const endWatch = watch(check)
    try {
      await runCalls({ programs, frameBytes, control, ratePps: () => ratePps, probesLeft, afterCall })
    } finally {
      endWatch()
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
