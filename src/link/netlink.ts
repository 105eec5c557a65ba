/**
 * Questions to the kernel: routes, interfaces, addresses, neighbours; sockets; tracked connections. Encoding and decoding of
 * netlink messages is pure; two functions ask. Source: netlink(7), rtnetlink(7), sock_diag(7).
 */

import { InterplotError } from '../core/errors.ts'
import {
  AF_NETLINK,
  NETLINK_NETFILTER,
  NETLINK_ROUTE,
  NETLINK_SOCK_DIAG,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  SO_RCVTIMEO,
  SOCK_RAW,
  SOL_SOCKET,
} from './kernel-constants.ts'
import { NLMSGHDR, RTATTR, TIMESPEC } from './kernel-structures.ts'
import { errnoText, libc } from './libc.ts'
import { callError, openSocket, setSocketOption } from './socket.ts'

const ALIGN = 4
const RECEIVE_BYTES = 64 * 1024
/** Bound on one answer: a full neighbour table of a large network is some megabytes. */
const MAX_DATAGRAMS = 4096
/** Bound on a table that is not kept as a whole: ten million connections. */
const MAX_WALK_DATAGRAMS = 128 * 1024
const TIMEOUT_S = 2n
/** What each part of the kernel is asked about, for messages. */
const SUBJECT: Readonly<Record<number, string>> = {
  [NETLINK_ROUTE]: 'routes',
  [NETLINK_SOCK_DIAG]: 'sockets',
  [NETLINK_NETFILTER]: 'connections',
}
/** The two top bits of an attribute's type are flags. */
const ATTRIBUTE_TYPE_MASK = 0x3fff

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGN) * ALIGN

export interface NetlinkAttribute {
  type: number
  data: Uint8Array
}

export interface NetlinkRequest {
  /** The part of the kernel that is asked: NETLINK_ROUTE when absent. */
  part?: number
  type: number
  /** All entries of the table instead of one answer. */
  dump: boolean
  /** The family's fixed header, such as rtmsg. */
  header: Uint8Array
  attributes?: readonly NetlinkAttribute[]
}

export interface NetlinkMessage {
  type: number
  /** What follows the message header: the fixed header, then attributes. */
  body: DataView
}

export const encodeRequest = (
  { type, dump, header, attributes = [] }: NetlinkRequest,
  sequence: number,
): Uint8Array => {
  const attributeBytes = attributes.reduce((sum, { data }) => sum + aligned(RTATTR.sizeBytes + data.length), 0)
  const attributesAt = NLMSGHDR.sizeBytes + aligned(header.length)
  const message = new Uint8Array(attributesAt + attributeBytes)
  const view = new DataView(message.buffer)
  view.setUint32(NLMSGHDR.offset.length, message.length, true)
  view.setUint16(NLMSGHDR.offset.type, type, true)
  view.setUint16(NLMSGHDR.offset.flags, NLM_F_REQUEST | (dump ? NLM_F_DUMP : 0), true)
  view.setUint32(NLMSGHDR.offset.sequence, sequence, true)
  message.set(header, NLMSGHDR.sizeBytes)
  let at = attributesAt
  for (const attribute of attributes) {
    const length = RTATTR.sizeBytes + attribute.data.length
    view.setUint16(at + RTATTR.offset.length, length, true)
    view.setUint16(at + RTATTR.offset.type, attribute.type, true)
    message.set(attribute.data, at + RTATTR.sizeBytes)
    at += aligned(length)
  }
  return message
}

/** The messages of one datagram; what is cut short at its end is left out. */
export const decodeMessages = (datagram: Uint8Array): NetlinkMessage[] => {
  const messages: NetlinkMessage[] = []
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength)
  let at = 0
  while (at + NLMSGHDR.sizeBytes <= datagram.length) {
    const length = view.getUint32(at + NLMSGHDR.offset.length, true)
    if (length < NLMSGHDR.sizeBytes || at + length > datagram.length) break
    const bodyAt = datagram.byteOffset + at + NLMSGHDR.sizeBytes
    messages.push({
      type: view.getUint16(at + NLMSGHDR.offset.type, true),
      body: new DataView(datagram.buffer, bodyAt, length - NLMSGHDR.sizeBytes),
    })
    at += aligned(length)
  }
  return messages
}

/** Attributes by type, after a fixed header of `headerBytes`; the last of a type wins. */
export const decodeAttributes = (body: DataView, headerBytes: number): Map<number, Uint8Array> => {
  const attributes = new Map<number, Uint8Array>()
  let at = aligned(headerBytes)
  while (at + RTATTR.sizeBytes <= body.byteLength) {
    const length = body.getUint16(at + RTATTR.offset.length, true)
    if (length < RTATTR.sizeBytes || at + length > body.byteLength) break
    const type = body.getUint16(at + RTATTR.offset.type, true) & ATTRIBUTE_TYPE_MASK
    attributes.set(
      type,
      new Uint8Array(body.buffer, body.byteOffset + at + RTATTR.sizeBytes, length - RTATTR.sizeBytes),
    )
    at += aligned(length)
  }
  return attributes
}

/** The kernel said no: `errno` tells why. */
export class NetlinkRefusal extends Error {
  readonly errno: number
  constructor(errno: number) {
    super(errnoText(errno))
    this.errno = errno
  }
}

/** Hands over each message of the answer, as long as its buffer is what `buffer` gave. */
const receive = (
  fd: number,
  { dump, part = NETLINK_ROUTE }: NetlinkRequest,
  maxDatagrams: number,
  buffer: () => Uint8Array,
  visit: (message: NetlinkMessage) => void,
): void => {
  for (let datagrams = 0; datagrams < maxDatagrams; datagrams += 1) {
    const room = buffer()
    const bytes = Number(libc().recv(fd, room, room.length, 0))
    if (bytes < 0) {
      throw callError('ERR_LINK_UNAVAILABLE', `the kernel does not tell its ${SUBJECT[part]}`, libc().errno())
    }
    const messages = decodeMessages(room.subarray(0, bytes))
    for (const message of messages) {
      if (message.type === NLMSG_DONE) return
      if (message.type === NLMSG_ERROR) {
        const errno = -message.body.getInt32(0, true)
        if (errno === 0) return
        throw new NetlinkRefusal(errno)
      }
      visit(message)
    }
    if (!dump && messages.length > 0) return
  }
  throw new InterplotError('ERR_LINK_UNAVAILABLE', `the kernel never ends its answer about ${SUBJECT[part]}`)
}

const ask = (request: NetlinkRequest, take: (fd: number) => void): void => {
  const { part = NETLINK_ROUTE } = request
  const fd = openSocket(AF_NETLINK, SOCK_RAW, part)
  try {
    const timeout = new Uint8Array(TIMESPEC.sizeBytes)
    new DataView(timeout.buffer).setBigInt64(TIMESPEC.offset.seconds, TIMEOUT_S, true)
    setSocketOption(fd, SOL_SOCKET, SO_RCVTIMEO, timeout, 'SO_RCVTIMEO')
    const message = encodeRequest(request, 1)
    if (libc().send(fd, message, message.length, 0) < 0) {
      throw callError('ERR_LINK_UNAVAILABLE', `the kernel cannot be asked about ${SUBJECT[part]}`, libc().errno())
    }
    take(fd)
  } finally {
    libc().close(fd)
  }
}

/**
 * Asks one question and returns the answer's messages.
 * @throws NetlinkRefusal when the kernel has no such thing; InterplotError when it cannot be asked.
 */
export const askKernel = (request: NetlinkRequest): NetlinkMessage[] => {
  const answer: NetlinkMessage[] = []
  const fresh = (): Uint8Array => new Uint8Array(RECEIVE_BYTES)
  ask(request, (fd) => receive(fd, request, MAX_DATAGRAMS, fresh, (message) => answer.push(message)))
  return answer
}

/**
 * The same for tables that are too large to be kept: each message is lent for the length of one call.
 * @throws NetlinkRefusal, InterplotError as askKernel does.
 */
export const walkKernelTable = (request: NetlinkRequest, visit: (message: NetlinkMessage) => void): void => {
  const room = new Uint8Array(RECEIVE_BYTES)
  ask(request, (fd) => receive(fd, request, MAX_WALK_DATAGRAMS, () => room, visit))
}
