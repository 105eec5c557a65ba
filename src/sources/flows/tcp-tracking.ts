/**
 * What the flags of passing segments say of a connection (RFC 9293, figure 5, as somebody sees it who stands between the ends).
 *
 * The handshake tells the round trip time to the remote end: from the SYN that leaves to the SYN-ACK that comes back, or from the
 * SYN-ACK that leaves to the ACK. A segment that was sent twice says nothing, because nobody knows which one was answered
 * (P. Karn, C. Partridge, "Improving Round-Trip Time Estimates in Reliable Transport Protocols", 1987).
 */

import { INITIATORS, TCP_STATES, type TcpState } from '../../core/connection.ts'
import { NO_RTT } from '../../core/connection-batch.ts'
import { TCP_FLAG } from '../../wire/tcp.ts'
import type { FlowColumns } from './flow-table.ts'

const stateNumber = (state: TcpState): number => TCP_STATES.indexOf(state)
const SYN_SENT = stateNumber('syn-sent')
const SYN_RECEIVED = stateNumber('syn-received')
const ESTABLISHED = stateNumber('established')
const CLOSING = stateNumber('closing')
const CLOSED = stateNumber('closed')
const RESET = stateNumber('reset')
export const LOCAL_BEGAN = INITIATORS.indexOf('local')
export const REMOTE_BEGAN = INITIATORS.indexOf('remote')

/** Bits of the `marks` column. */
const FIN_OUT = 1
const FIN_IN = 2
/** The segment that waits for its answer was sent more than once. */
const REPEATED = 4

const ENDING = TCP_FLAG.syn | TCP_FLAG.fin | TCP_FLAG.rst

/** A connection that was silent for so long and is greeted again is another one, whose predecessor's end was not seen. */
const FORGOTTEN_US = 10e6

/**
 * Whether a segment with these flags begins a connection where there was one of this state: that is over, or silent. A greeting in the
 * middle of a talk is nothing: anybody can forge it (RFC 5961 section 4).
 */
export const beginsAnew = (state: number, flags: number, silentUs: number): boolean =>
  (flags & (TCP_FLAG.syn | TCP_FLAG.ack | TCP_FLAG.rst)) === TCP_FLAG.syn &&
  (isOver(state) || (!isHalfOpen(state) && silentUs >= FORGOTTEN_US))

/** Over, or only half begun. */
export const isOver = (state: number): boolean => state === CLOSED || state === RESET
export const isHalfOpen = (state: number): boolean => state === SYN_SENT || state === SYN_RECEIVED

const ask = ({ askedUs, marks }: FlowColumns, flow: number, timeUs: number): void => {
  if (askedUs[flow] !== 0) marks[flow]! |= REPEATED
  askedUs[flow] = timeUs
}

const answer = ({ askedUs, marks, rttUs }: FlowColumns, flow: number, timeUs: number): void => {
  const passedUs = timeUs - askedUs[flow]!
  const isClear = askedUs[flow] !== 0 && (marks[flow]! & REPEATED) === 0 && passedUs >= 0 && passedUs < NO_RTT
  if (isClear && rttUs[flow] === 0) rttUs[flow] = Math.max(1, Math.round(passedUs))
  askedUs[flow] = 0
  marks[flow]! &= ~REPEATED
}

const onSyn = (columns: FlowColumns, flow: number, fromLocal: boolean, timeUs: number): void => {
  const { tcpState, initiator } = columns
  if (tcpState[flow]! > SYN_SENT) return
  tcpState[flow] = SYN_SENT
  initiator[flow] = fromLocal ? LOCAL_BEGAN : REMOTE_BEGAN
  if (fromLocal) ask(columns, flow, timeUs)
}

const onSynAck = (columns: FlowColumns, flow: number, fromLocal: boolean, timeUs: number): void => {
  const { tcpState, initiator } = columns
  if (tcpState[flow]! > SYN_RECEIVED) return
  const sawSyn = tcpState[flow] === SYN_SENT
  tcpState[flow] = SYN_RECEIVED
  initiator[flow] = fromLocal ? REMOTE_BEGAN : LOCAL_BEGAN
  if (fromLocal) ask(columns, flow, timeUs)
  else if (sawSyn) answer(columns, flow, timeUs)
}

const onFin = ({ tcpState, marks }: FlowColumns, flow: number, fromLocal: boolean): void => {
  if (isOver(tcpState[flow]!)) return
  marks[flow]! |= fromLocal ? FIN_OUT : FIN_IN
  tcpState[flow] = (marks[flow]! & (FIN_OUT | FIN_IN)) === (FIN_OUT | FIN_IN) ? CLOSED : CLOSING
}

/** Takes a segment's flags into account. */
export const trackTcp = (
  columns: FlowColumns,
  flow: number,
  flags: number,
  fromLocal: boolean,
  timeUs: number,
): void => {
  const state = columns.tcpState[flow]!
  if ((flags & ENDING) === 0) {
    if (state === ESTABLISHED) return
    if (state === SYN_RECEIVED && (columns.initiator[flow] === LOCAL_BEGAN) === fromLocal) {
      if (!fromLocal) answer(columns, flow, timeUs)
      columns.tcpState[flow] = ESTABLISHED
    } else if (state === 0) columns.tcpState[flow] = ESTABLISHED
    return
  }
  if ((flags & TCP_FLAG.rst) !== 0) columns.tcpState[flow] = state === CLOSED ? CLOSED : RESET
  else if ((flags & TCP_FLAG.syn) !== 0) {
    if ((flags & TCP_FLAG.ack) !== 0) onSynAck(columns, flow, fromLocal, timeUs)
    else onSyn(columns, flow, fromLocal, timeUs)
  } else onFin(columns, flow, fromLocal)
}
