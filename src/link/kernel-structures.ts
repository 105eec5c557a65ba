/**
 * The kernel structures that pass through the system calls of libc.ts, each defined once, field by field, as in the C
 * headers. Offsets follow from the System V rule (natural alignment, size a multiple of the widest field), which holds on
 * Linux x64 and arm64 alike; the size is stated as well and compared when this module is loaded, so that a slip of the
 * pen in a field stops the program instead of corrupting memory. Both machines are little-endian. A test compares all of it
 * with the kernel's headers, through the C compiler of the machine that it runs on.
 */

import { InterplotError } from '../core/errors.ts'

interface FieldType {
  readonly sizeBytes: number
  readonly alignBytes: number
}

const scalar = (sizeBytes: number): FieldType => ({ sizeBytes, alignBytes: sizeBytes })
const bytes = (sizeBytes: number): FieldType => ({ sizeBytes, alignBytes: 1 })
const U8 = scalar(1)
const U16 = scalar(2)
const U32 = scalar(4)
const U64 = scalar(8)
/** Pointers, `long` and `size_t` of the LP64 model. */
const WORD = scalar(8)

export interface Structure<Name extends string> extends FieldType {
  readonly offset: Readonly<Record<Name, number>>
}

/** @throws InterplotError ERR_INTERNAL when the fields do not add up to the stated size. */
export const structure = <Name extends string>(
  name: string,
  statedBytes: number,
  fields: Readonly<Record<Name, FieldType>>,
): Structure<Name> => {
  const offset = {} as Record<Name, number>
  let end = 0
  let alignBytes = 1
  for (const field of Object.keys(fields) as Name[]) {
    const type = fields[field]
    end = Math.ceil(end / type.alignBytes) * type.alignBytes
    offset[field] = end
    end += type.sizeBytes
    alignBytes = Math.max(alignBytes, type.alignBytes)
  }
  const sizeBytes = Math.ceil(end / alignBytes) * alignBytes
  if (sizeBytes !== statedBytes) {
    throw new InterplotError(
      'ERR_INTERNAL',
      `struct ${name} is ${statedBytes} bytes in the kernel, not ${sizeBytes} as laid out`,
    )
  }
  return { sizeBytes, alignBytes, offset }
}

/** packet(7) */
export const SOCKADDR_LL = structure('sockaddr_ll', 20, {
  family: U16,
  /** Network order. */
  protocol: U16,
  interfaceIndex: U32,
  hardwareType: U16,
  packetType: U8,
  addressBytes: U8,
  address: bytes(8),
})

/** packet(7) */
export const PACKET_MREQ = structure('packet_mreq', 16, {
  interfaceIndex: U32,
  type: U16,
  addressBytes: U16,
  address: bytes(8),
})

/** ip(7) */
export const SOCKADDR_IN = structure('sockaddr_in', 16, {
  family: U16,
  port: U16,
  address: U32,
  zero: bytes(8),
})

/** ipv6(7) */
export const SOCKADDR_IN6 = structure('sockaddr_in6', 28, {
  family: U16,
  port: U16,
  flowInfo: U32,
  address: bytes(16),
  scope: U32,
})

/** readv(2) */
export const IOVEC = structure('iovec', 16, { base: WORD, length: WORD })

/** sendmsg(2), sendmmsg(2) */
export const MSGHDR = structure('msghdr', 56, {
  name: WORD,
  nameBytes: U32,
  vectors: WORD,
  vectorCount: WORD,
  control: WORD,
  controlBytes: WORD,
  flags: U32,
})
export const MMSGHDR = structure('mmsghdr', 64, { header: MSGHDR, sentBytes: U32 })

/** cmsg(3): what comes before each control message. */
export const CMSGHDR = structure('cmsghdr', 16, { length: WORD, level: U32, type: U32 })
/** linux/errqueue.h; the offender's socket address follows. */
export const SOCK_EXTENDED_ERR = structure('sock_extended_err', 16, {
  errno: U32,
  origin: U8,
  type: U8,
  code: U8,
  padding: U8,
  /** The MTU, where a packet was too big. */
  info: U32,
  /** Where in the payload the ICMP message's extensions begin, or 0. */
  extensionsAt: U16,
  extensionFlags: U8,
  reserved: U8,
})

/** linux/filter.h: one instruction, and the program's length and address. */
export const SOCK_FILTER = structure('sock_filter', 8, { code: U16, jumpTrue: U8, jumpFalse: U8, operand: U32 })
export const SOCK_FPROG = structure('sock_fprog', 16, { length: U16, program: WORD })

/** linux/if_packet.h: what to ask for when making a version 3 ring. */
export const TPACKET_REQ3 = structure('tpacket_req3', 28, {
  blockBytes: U32,
  blocks: U32,
  frameBytes: U32,
  frames: U32,
  retireMs: U32,
  privateBytes: U32,
  features: U32,
})
/** A block's header: tpacket_block_desc with its tpacket_hdr_v1. */
export const TPACKET_BLOCK = structure('tpacket_block_desc', 48, {
  version: U32,
  privateOffset: U32,
  status: U32,
  packets: U32,
  firstPacketOffset: U32,
  blockLength: U32,
  sequence: U64,
  firstTimeSeconds: U32,
  firstTimeNanoseconds: U32,
  lastTimeSeconds: U32,
  lastTimeNanoseconds: U32,
})
/** A packet's header: tpacket3_hdr with its tpacket_hdr_variant1. */
export const TPACKET3_HDR = structure('tpacket3_hdr', 48, {
  nextOffset: U32,
  seconds: U32,
  nanoseconds: U32,
  snapLength: U32,
  length: U32,
  status: U32,
  linkOffset: U16,
  networkOffset: U16,
  receiveHash: U32,
  vlanTag: U32,
  vlanProtocol: U16,
  vlanPadding: U16,
  padding: bytes(8),
})
export const TPACKET_STATS_V3 = structure('tpacket_stats_v3', 12, { packets: U32, drops: U32, freezes: U32 })

/** poll(2) */
export const POLLFD = structure('pollfd', 8, { fd: U32, events: U16, returned: U16 })

/** clock_gettime(2); timeval is laid out alike, with microseconds. */
export const TIMESPEC = structure('timespec', 16, { seconds: WORD, nanoseconds: WORD })

/** linux/if_xdp.h */
export const SOCKADDR_XDP = structure('sockaddr_xdp', 16, {
  family: U16,
  flags: U16,
  interfaceIndex: U32,
  queue: U32,
  sharedMemoryFd: U32,
})
export const XDP_UMEM_REG = structure('xdp_umem_reg', 32, {
  address: U64,
  length: U64,
  chunkBytes: U32,
  headroom: U32,
  flags: U32,
})
/** Where a ring's parts are in its mapping. */
export const XDP_RING_OFFSET = structure('xdp_ring_offset', 32, {
  producer: U64,
  consumer: U64,
  entries: U64,
  flags: U64,
})
export const XDP_MMAP_OFFSETS = structure('xdp_mmap_offsets', 128, {
  receive: XDP_RING_OFFSET,
  transmit: XDP_RING_OFFSET,
  fill: XDP_RING_OFFSET,
  completion: XDP_RING_OFFSET,
})
export const XDP_DESC = structure('xdp_desc', 16, { address: U64, length: U32, options: U32 })

/** capset(2) */
export const CAP_HEADER = structure('__user_cap_header_struct', 8, { version: U32, thread: U32 })
export const CAP_DATA = structure('__user_cap_data_struct', 12, { effective: U32, permitted: U32, inheritable: U32 })

/** netlink(7) */
export const SOCKADDR_NL = structure('sockaddr_nl', 12, { family: U16, padding: U16, portId: U32, groups: U32 })
export const NLMSGHDR = structure('nlmsghdr', 16, { length: U32, type: U16, flags: U16, sequence: U32, portId: U32 })
/** rtnetlink(7) */
export const RTATTR = structure('rtattr', 4, { length: U16, type: U16 })
export const RTMSG = structure('rtmsg', 12, {
  family: U8,
  destinationBits: U8,
  sourceBits: U8,
  tos: U8,
  table: U8,
  protocol: U8,
  scope: U8,
  type: U8,
  flags: U32,
})
export const IFINFOMSG = structure('ifinfomsg', 16, {
  family: U8,
  padding: U8,
  type: U16,
  index: U32,
  flags: U32,
  change: U32,
})
/** linux/if_link.h: the first counters; newer kernels have more. */
export const RTNL_LINK_STATS64 = structure('rtnl_link_stats64', 64, {
  receivedPackets: U64,
  sentPackets: U64,
  receivedBytes: U64,
  sentBytes: U64,
  receiveErrors: U64,
  sendErrors: U64,
  receiveDrops: U64,
  sendDrops: U64,
})
export const IFADDRMSG = structure('ifaddrmsg', 8, { family: U8, prefixBits: U8, flags: U8, scope: U8, index: U32 })
export const NDMSG = structure('ndmsg', 12, {
  family: U8,
  padding1: U8,
  padding2: U16,
  index: U32,
  state: U16,
  flags: U8,
  type: U8,
})

/** sock_diag(7), with struct inet_diag_sockid laid out in its place. */
export const INET_DIAG_REQ_V2 = structure('inet_diag_req_v2', 56, {
  family: U8,
  protocol: U8,
  extensions: U8,
  padding: U8,
  states: U32,
  sourcePort: U16,
  destinationPort: U16,
  source: bytes(16),
  destination: bytes(16),
  interfaceIndex: U32,
  cookie0: U32,
  cookie1: U32,
})
export const INET_DIAG_MSG = structure('inet_diag_msg', 72, {
  family: U8,
  state: U8,
  timer: U8,
  retransmits: U8,
  sourcePort: U16,
  destinationPort: U16,
  source: bytes(16),
  destination: bytes(16),
  interfaceIndex: U32,
  cookie0: U32,
  cookie1: U32,
  expires: U32,
  receiveQueue: U32,
  sendQueue: U32,
  user: U32,
  inode: U32,
})
/** linux/tcp.h, up to what Linux 4.19 has; older kernels end sooner, newer ones have more. */
export const TCP_INFO = structure('tcp_info', 208, {
  states: bytes(5),
  options: U8,
  scales: bytes(2),
  timersToTotalRetransmits: bytes(96),
  pacingRate: U64,
  pacingRateMax: U64,
  bytesAcked: U64,
  bytesReceived: U64,
  segmentsOut: U32,
  segmentsIn: U32,
  unsentBytes: U32,
  rttMinUs: U32,
  dataSegmentsIn: U32,
  dataSegmentsOut: U32,
  deliveryRate: U64,
  busyUs: U64,
  receiveLimitedUs: U64,
  sendLimitedUs: U64,
  delivered: U32,
  deliveredMarked: U32,
  bytesSent: U64,
})
/** linux/netfilter/nfnetlink.h */
export const NFGENMSG = structure('nfgenmsg', 4, { family: U8, version: U8, resource: U16 })

/** bpf(2), the part of union bpf_attr of each command, as far as it is used. */
export const BPF_MAP_CREATE_ATTR = structure('bpf_attr (map create)', 44, {
  type: U32,
  keyBytes: U32,
  valueBytes: U32,
  entries: U32,
  flags: U32,
  innerMap: U32,
  numaNode: U32,
  name: bytes(16),
})
export const BPF_PROG_LOAD_ATTR = structure('bpf_attr (program load)', 64, {
  type: U32,
  instructions: U32,
  code: WORD,
  license: WORD,
  logLevel: U32,
  logBytes: U32,
  log: WORD,
  kernelVersion: U32,
  flags: U32,
  name: bytes(16),
})
export const BPF_TEST_RUN_ATTR = structure('bpf_attr (test run)', 80, {
  program: U32,
  returned: U32,
  dataBytes: U32,
  dataOutBytes: U32,
  data: WORD,
  dataOut: WORD,
  repeat: U32,
  durationNs: U32,
  contextBytes: U32,
  contextOutBytes: U32,
  context: WORD,
  contextOut: WORD,
  flags: U32,
  cpu: U32,
  batchFrames: U32,
})
