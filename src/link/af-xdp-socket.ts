/**
 * A socket of the AF_XDP kind for sending only: memory that frames lie in (UMEM), a ring of descriptors that the kernel reads,
 * and one in which it says which frames it is done with. Copy mode: every driver has it, and no BPF program is needed. One
 * socket for each transmit queue. Source: the kernel's Documentation/networking/af_xdp.rst and linux/if_xdp.h.
 */

import { constants } from 'node:os'
import { InterplotError } from '../core/errors.ts'
import {
  AF_XDP,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_NORESERVE,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED,
  PROT_READ_WRITE,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOCK_RAW,
  SOL_SOCKET,
  SOL_XDP,
  XDP_COPY,
  XDP_MMAP_OFFSETS,
  XDP_PGOFF_TX_RING,
  XDP_TX_RING,
  XDP_UMEM_COMPLETION_RING,
  XDP_UMEM_FILL_RING,
  XDP_UMEM_PGOFF_COMPLETION_RING,
  XDP_UMEM_REG,
} from './kernel-constants.ts'
import * as layouts from './kernel-structures.ts'
import { libc } from './libc.ts'
import { callError, openSocket, setSocketOption, trySocketOption, withSocket } from './socket.ts'

const { EBUSY, EINVAL } = constants.errno

/** Frames of up to this length; none may cross from one chunk of the memory into the next. */
export const CHUNK_BYTES = 4096
const MAX_QUEUES = 64
const SEND_BUFFER_BYTES = 4 << 20
/** Nothing is received; the kernel wants the ring all the same. */
const FILL_ENTRIES = 64
/** Linux 6.17: packets that one call may send, 32 where the kernel does not know the option. */
const XDP_MAX_TX_SKB_BUDGET = 9
/** A queue is busy for a moment after another socket was closed. */
const BUSY_TRIES = 10
const BUSY_WAIT_US = 20_000
const MAP_FAILED = 0xffffffffffffffffn

export interface AfXdpSocket {
  readonly fd: number
  readonly queue: number
  /** The frames' memory. */
  readonly memory: ArrayBuffer
  readonly transmit: AfXdpRing
  readonly completion: AfXdpRing
  /** Gives the memory back. Views that someone still holds then read zeros; they never fault. */
  close(): void
}

/** A ring as 32-bit words, with the places of its two counters and of its first entry. */
export interface AfXdpRing {
  readonly words: Int32Array
  readonly producerAt: number
  readonly consumerAt: number
  readonly entriesAt: number
}

interface Mapping {
  address: bigint
  bytes: number
}

const map = (bytes: number, flags: number, fd: number, offset: number): Mapping => {
  const address = libc().mmap(null, bytes, PROT_READ_WRITE, flags, fd, offset)
  if (address !== MAP_FAILED) return { address, bytes }
  throw callError('ERR_LINK_UNAVAILABLE', 'an AF_XDP ring cannot be mapped', libc().errno(), 'Free some memory.')
}

const replaceByZeros = ({ address, bytes }: Mapping): void => {
  libc().mmap(address, bytes, PROT_READ_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0)
}

const registerMemory = (fd: number, { address, bytes }: Mapping): void => {
  const request = new Uint8Array(layouts.XDP_UMEM_REG.sizeBytes)
  const view = new DataView(request.buffer)
  const { offset } = layouts.XDP_UMEM_REG
  view.setBigUint64(offset.address, address, true)
  view.setBigUint64(offset.length, BigInt(bytes), true)
  view.setUint32(offset.chunkBytes, CHUNK_BYTES, true)
  setSocketOption(fd, SOL_XDP, XDP_UMEM_REG, request, 'the memory of AF_XDP (see ulimit -l)')
}

type RingName = 'transmit' | 'completion'

/** Where the running kernel puts the rings' parts. */
const ringOffsets = (fd: number): ((ring: RingName, part: 'producer' | 'consumer' | 'entries') => number) => {
  const answer = new Uint8Array(layouts.XDP_MMAP_OFFSETS.sizeBytes)
  const length = Int32Array.of(answer.length)
  if (libc().getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, answer, length) !== 0 || length[0] !== answer.length) {
    throw new InterplotError('ERR_LINK_UNAVAILABLE', 'this kernel lays out AF_XDP rings in a way we do not know')
  }
  const view = new DataView(answer.buffer)
  return (ring, part) =>
    Number(view.getBigUint64(layouts.XDP_MMAP_OFFSETS.offset[ring] + layouts.XDP_RING_OFFSET.offset[part], true))
}

const bindTo = (fd: number, interfaceIndex: number, queue: number): number => {
  const address = new Uint8Array(layouts.SOCKADDR_XDP.sizeBytes)
  const view = new DataView(address.buffer)
  const { offset } = layouts.SOCKADDR_XDP
  view.setUint16(offset.family, AF_XDP, true)
  view.setUint16(offset.flags, XDP_COPY, true)
  view.setUint32(offset.interfaceIndex, interfaceIndex, true)
  view.setUint32(offset.queue, queue, true)
  return libc().bind(fd, address, address.length) === 0 ? 0 : libc().errno()
}

/** Takes the first free queue. @throws InterplotError ERR_LINK_UNAVAILABLE when there is none. */
const bindToFreeQueue = (fd: number, interfaceIndex: number, interfaceName: string): number => {
  for (let tries = 0; tries < BUSY_TRIES; tries += 1) {
    let queue = 0
    let errno = 0
    for (; queue < MAX_QUEUES; queue += 1) {
      errno = bindTo(fd, interfaceIndex, queue)
      if (errno === 0) return queue
      if (errno !== EBUSY) break
    }
    if (errno !== EINVAL || queue === 0) {
      throw callError('ERR_LINK_UNAVAILABLE', `${interfaceName} takes no AF_XDP socket`, errno, 'Use --link packet.')
    }
    libc().usleep(BUSY_WAIT_US)
    if (tries + 1 < BUSY_TRIES) continue
    throw new InterplotError('ERR_LINK_UNAVAILABLE', `${interfaceName} has ${queue} queues, all with an AF_XDP socket`)
  }
  throw new InterplotError('ERR_INTERNAL', 'no try to bind an AF_XDP socket')
}

export interface AfXdpOptions {
  interfaceIndex: number
  interfaceName: string
  /** A multiple of CHUNK_BYTES. */
  memoryBytes: number
  /** Of each ring, a power of two. */
  entries: number
  /** Packets that are handed over at a time. */
  budget: number
}

/** @throws InterplotError ERR_RAW_PRIVILEGE, ERR_LINK_UNAVAILABLE with the kernel's reason. */
export const openAfXdpSocket = (options: AfXdpOptions): AfXdpSocket => {
  const { interfaceIndex, interfaceName, memoryBytes, entries, budget } = options
  const fd = openSocket(AF_XDP, SOCK_RAW, 0)
  const mappings: Mapping[] = []
  const keep = (mapping: Mapping): Mapping => {
    mappings.push(mapping)
    return mapping
  }
  const release = (): void => {
    for (const mapping of mappings) replaceByZeros(mapping)
  }
  return withSocket(fd, () => {
    try {
      const memory = keep(map(memoryBytes, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0))
      registerMemory(fd, memory)
      setSocketOption(fd, SOL_XDP, XDP_UMEM_FILL_RING, FILL_ENTRIES, 'the fill ring')
      setSocketOption(fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, entries, 'the completion ring')
      setSocketOption(fd, SOL_XDP, XDP_TX_RING, entries, 'the transmit ring')
      const offsetOf = ringOffsets(fd)
      const ring = (name: RingName, at: number, entryBytes: number): AfXdpRing => {
        const bytes = offsetOf(name, 'entries') + entries * entryBytes
        const { address } = keep(map(bytes, MAP_SHARED | MAP_POPULATE, fd, at))
        return {
          words: new Int32Array(libc().viewOf(address, bytes)),
          producerAt: offsetOf(name, 'producer') / 4,
          consumerAt: offsetOf(name, 'consumer') / 4,
          entriesAt: offsetOf(name, 'entries') / 4,
        }
      }
      const transmit = ring('transmit', XDP_PGOFF_TX_RING, layouts.XDP_DESC.sizeBytes)
      const completion = ring('completion', XDP_UMEM_PGOFF_COMPLETION_RING, 8)
      if (!trySocketOption(fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER_BYTES)) {
        trySocketOption(fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER_BYTES)
      }
      trySocketOption(fd, SOL_XDP, XDP_MAX_TX_SKB_BUDGET, budget)
      const queue = bindToFreeQueue(fd, interfaceIndex, interfaceName)
      return {
        fd,
        queue,
        memory: libc().viewOf(memory.address, memoryBytes),
        transmit,
        completion,
        close() {
          libc().close(fd)
          release()
        },
      }
    } catch (error) {
      release()
      throw error
    }
  })
}
