/**
 * Questions to the kernel's network configuration: routes, interfaces, addresses, neighbours. Encoding and decoding of
 * netlink messages is pure; one function asks. Source: netlink(7), rtnetlink(7).
 */

import { InterplotError } from '../core/errors.ts'
import {
  AF_NETLINK,
  NETLINK_ROUTE,
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
const TIMEOUT_S = 2n
/** The two top bits of an attribute's type are flags. */
const ATTRIBUTE_TYPE_MASK = 0x3fff

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGN) * ALIGN

export interface NetlinkAttribute {
  type: number
  data: Uint8Array
}

export interface NetlinkRequest {
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

const receive = (fd: number, dump: boolean): NetlinkMessage[] => {
  const answer: NetlinkMessage[] = []
  for (let datagrams = 0; datagrams < MAX_DATAGRAMS; datagrams += 1) {
    const buffer = new Uint8Array(RECEIVE_BYTES)
    const bytes = Number(libc().recv(fd, buffer, buffer.length, 0))
    if (bytes < 0) throw callError('ERR_LINK_UNAVAILABLE', 'the kernel does not tell its routes', libc().errno())
    for (const message of decodeMessages(buffer.subarray(0, bytes))) {
      if (message.type === NLMSG_DONE) return answer
      if (message.type === NLMSG_ERROR) {
        const errno = -message.body.getInt32(0, true)
        if (errno === 0) return answer
        throw new NetlinkRefusal(errno)
      }
      answer.push(message)
    }
    if (!dump && answer.length > 0) return answer
  }
  throw new InterplotError('ERR_LINK_UNAVAILABLE', 'the kernel never ends its answer about routes')
}

/**
 * Asks one question and returns the answer's messages.
 * @throws NetlinkRefusal when the kernel has no such thing; InterplotError when it cannot be asked.
 */
export const askKernel = (request: NetlinkRequest): NetlinkMessage[] => {
  const fd = openSocket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)
  try {
    const timeout = new Uint8Array(TIMESPEC.sizeBytes)
    new DataView(timeout.buffer).setBigInt64(TIMESPEC.offset.seconds, TIMEOUT_S, true)
    setSocketOption(fd, SOL_SOCKET, SO_RCVTIMEO, timeout, 'SO_RCVTIMEO')
    const message = encodeRequest(request, 1)
    if (libc().send(fd, message, message.length, 0) < 0) {
      throw callError('ERR_LINK_UNAVAILABLE', 'the kernel cannot be asked about routes', libc().errno())
    }
    return receive(fd, request.dump)
  } finally {
    libc().close(fd)
  }
}
