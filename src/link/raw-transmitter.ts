/**
 * Sending through the raw-socket package: one call a packet, whole IP packets (IP_HDRINCL), on the event loop. The package
 * reports failures as text only; they are told apart by the C library's English messages, which it passes on untranslated.
 */

import { InterplotError } from '../core/errors.ts'
import { formatIp, type IpAddress, ipv4 } from '../core/ip.ts'
import type { LinkSpec, Transmitter, TransmitterCounters, TransmitterOptions } from './contract.ts'
import { swapDarwinFields } from './darwin-header.ts'
import { openRawSocket, type RawSocket, rawPackage } from './raw-package.ts'
import { checkSlots, checkTransmitterOptions } from './slot-check.ts'

const IPPROTO_RAW = 255
const SEND_BUFFER_BYTES = 1 << 20
/** ip(7), ipv6(7), Linux: without it a raw socket keeps to itself that a queue was full and the packet is gone. */
const IP_RECVERR = 11
const IPV6_RECVERR = 25
const MAX_TRIES = 50
const RETRY_MS = 2
const darwin = process.platform === 'darwin'

type Failure = 'later' | 'gone' | 'refused'

const failureOf = (error: Error): Failure => {
  if (/no buffer space|temporarily unavailable|interrupted/i.test(error.message)) return 'later'
  if (/network is (?:down|unreachable)|no such device|host is down/i.test(error.message)) return 'gone'
  return 'refused'
}

const openSendSocket = (spec: LinkSpec): RawSocket => {
  const isIpv4 = spec.sourceAddress6 === undefined
  const socket = openRawSocket(IPPROTO_RAW, 64, isIpv4 ? 4 : 6)
  const { SocketLevel, SocketOption } = rawPackage()
  try {
    // An IPv6 socket of this protocol takes whole packets without being told to.
    if (isIpv4) socket.setOption(SocketLevel.IPPROTO_IP, SocketOption.IP_HDRINCL, 1)
    socket.setOption(SocketLevel.SOL_SOCKET, SocketOption.SO_BROADCAST, 1)
    socket.setOption(SocketLevel.SOL_SOCKET, SocketOption.SO_SNDBUF, SEND_BUFFER_BYTES)
    if (!isIpv4) socket.setOption(SocketLevel.IPPROTO_IPV6, IPV6_RECVERR, 1)
    else if (process.platform === 'linux') socket.setOption(SocketLevel.IPPROTO_IP, IP_RECVERR, 1)
    const { SO_BINDTODEVICE } = SocketOption
    const { bound } = spec.details
    if (bound === true && SO_BINDTODEVICE !== undefined) {
      const name = Buffer.from(`${spec.interfaceName}\0`)
      socket.setOption(SocketLevel.SOL_SOCKET, SO_BINDTODEVICE, name, name.length)
    }
  } catch (error) {
    socket.close()
    throw new InterplotError('ERR_INTERFACE', `cannot send through ${spec.interfaceName}`, { cause: error })
  }
  return socket.pauseRecv()
}

/** @throws InterplotError ERR_RAW_PRIVILEGE, ERR_LINK_UNAVAILABLE, ERR_INTERFACE */
export const openRawTransmitter = (spec: LinkSpec, options: TransmitterOptions): Transmitter => {
  checkTransmitterOptions(options)
  const { slotBytes, slots, retries = MAX_TRIES - 1 } = options
  const buffer = Buffer.alloc(slotBytes * slots)
  const memory = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
  const lengths = new Uint16Array(slots)
  const socket = openSendSocket(spec)
  const counters: TransmitterCounters = { sent: 0, backoffs: 0, failed: 0 }
  let open = true
  let broken: Error | undefined
  let settle: ((error: Error | null) => void) | undefined
  // The package closes a socket that has failed, and never answers what was to be sent through it.
  socket.on('error', (error) => {
    broken = error
    settle?.(error)
  })
  const sendOne = (offset: number, length: number, target: IpAddress) =>
    new Promise<Error | null>((resolve) => {
      settle = resolve
      socket.send(buffer, offset, length, formatIp(target), resolve)
    })

  const gone = (cause: Error): InterplotError =>
    new InterplotError('ERR_LINK_SEND', `cannot send through ${spec.interfaceName}: ${cause.message}`, {
      advice: 'Check that the interface is up and has a route to the targets.',
      cause,
    })

  /** @returns whether the packet left. */
  const sendSlot = async (slot: number, target: IpAddress): Promise<boolean> => {
    const at = slot * slotBytes
    for (let tries = 0; tries <= retries && open; tries += 1) {
      if (broken !== undefined) throw gone(broken)
      if (darwin) swapDarwinFields(memory, at)
      const error = await sendOne(at, lengths[slot]!, target)
      if (darwin) swapDarwinFields(memory, at)
      if (error === null) return true
      const failure = failureOf(error)
      if (failure === 'gone') throw gone(error)
      if (failure === 'refused') return false
      if (tries === retries) return false
      counters.backoffs += 1
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
    return false
  }

  return {
    memory,
    lengths,
    async send(targets, count) {
      checkSlots(memory, lengths, options, targets, count, spec)
      let sent = 0
      for (let slot = 0; slot < count; slot += 1) {
        const target = targets.addresses6?.[slot] ?? ipv4(targets.addresses[slot]!)
        if (await sendSlot(slot, target)) sent += 1
        else counters.failed += 1
      }
      counters.sent += sent
      return sent
    },
    counters: () => ({ ...counters }),
    close() {
      if (!open) return
      open = false
      socket.close()
    },
  }
}
