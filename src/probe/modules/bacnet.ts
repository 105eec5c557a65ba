/**
 * BACnet/IP (ASHRAE 135, annex J): a confirmed ReadProperty for the vendor of whichever device is there, which building
 * controllers answer. The invoke id carries eight bits of the cookie besides those in the source port.
 *
 * The probe: BVLL header (type, function, length of the whole), NPDU (version, control: a reply is expected), APDU
 * (confirmed request, sizes taken, invoke id, service ReadProperty), then context tag 0 with the object (device, the wildcard
 * instance 4194303) and context tag 1 with the property (75, object-identifier).
 */

import { CLASSIFICATIONS } from '../../core/reply-batch.ts'
import { type ReplyField, replyData } from '../../core/reply-field.ts'
import { readUint32 } from '../../wire/bytes.ts'
import type { PreparedProbe, ProbeModule, ProbeSetup } from './contract.ts'
import { refuseArgs } from './probe-args.ts'
import { holdsProof, prepareUdpProbe, setClass, setOtherUdp, UDP_KEPT_BYTES } from './udp-probe.ts'

const BACNET = CLASSIFICATIONS.indexOf('bacnet')

const BVLL_TYPE = 0x81
const BVLL_BYTES = 4
const NPDU_BYTES = 2
const INVOKE_ID_OFFSET = 8
const PROBE = Uint8Array.of(
  ...[BVLL_TYPE, 0x0a, 0x00, 0x11],
  ...[0x01, 0x04],
  ...[0x00, 0x05, 0x00, 0x0c],
  ...[0x0c, 0x02, 0x3f, 0xff, 0xff],
  ...[0x19, 0x4b],
)

/** The APDU type of our request: who sends it back is no device. */
const REQUEST = 0
/** APDU types whose second byte is the invoke id of the request: acknowledgements, error, reject, abort. */
const ANSWERS = { simpleAck: 2, complexAck: 3, error: 5, reject: 6, abort: 7 } as const
const ANSWER_TYPES: ReadonlySet<number> = new Set(Object.values(ANSWERS))
/** BVLL functions that carry an NPDU without a header of their own: to one, and to all. */
const NPDU_FUNCTIONS: ReadonlySet<number> = new Set([0x0a, 0x0b])

/** Where the APDU begins, or -1 when the message has none right behind a plain NPDU. */
const apduOffset = (bytes: Uint8Array, from: number, end: number): number => {
  const apdu = from + BVLL_BYTES + NPDU_BYTES
  // Bits of the control byte that make the NPDU longer: a network message, destination and source specifiers.
  const isPlain = end - apdu >= 2 && NPDU_FUNCTIONS.has(bytes[from + 1]!) && (bytes[from + 5]! & 0xa8) === 0
  return isPlain ? apdu : -1
}

const prepare = (setup: ProbeSetup): PreparedProbe => {
  refuseArgs('bacnet', setup.args)
  return prepareUdpProbe(setup, {
    payloads: [PROBE],
    proof: { at: INVOKE_ID_OFFSET, bytes: 1 },
    judge({ bytes, from, end, cookie }, _span, batch, row) {
      if (end - from < BVLL_BYTES || bytes[from] !== BVLL_TYPE) return setOtherUdp(batch, row)
      const apdu = apduOffset(bytes, from, end)
      const type = apdu < 0 ? -1 : bytes[apdu]! >>> 4
      if (type === REQUEST) return setOtherUdp(batch, row)
      if (ANSWER_TYPES.has(type) && !holdsProof(bytes, apdu + 1, 1, cookie)) return 'cookie'
      return setClass(batch, row, BACNET, true)
    },
  })
}

/** Service choice of the acknowledgement, object, property, opening tag 3, application tag 12 with four bytes: the identifier. */
const ACKNOWLEDGED = [0x0c, 0x0c, 0x02, -1, -1, -1, 0x19, 0x4b, 0x3e, 0xc4] as const
const INSTANCE_MASK = 0x3fffff

const fields: readonly ReplyField[] = [
  {
    name: 'udp_payload',
    help: 'the whole answer, in hexadecimal',
    type: 'binary',
    get: (batch, row) => Buffer.from(replyData(batch, row)).toString('hex') || null,
  },
  {
    name: 'bacnet_device',
    help: 'number of the device, where it says so',
    type: 'int',
    get(batch, row) {
      const data = replyData(batch, row)
      if (batch.classification[row] !== BACNET) return null
      const apdu = apduOffset(data, 0, data.length)
      if (apdu < 0 || data[apdu]! >>> 4 !== ANSWERS.complexAck) return null
      const body = apdu + 2
      const value = body + ACKNOWLEDGED.length
      if (data.length < value + 4 || !ACKNOWLEDGED.every((byte, i) => byte < 0 || data[body + i] === byte)) return null
      return readUint32(data, value) & INSTANCE_MASK
    },
  },
]

export const bacnet: ProbeModule = {
  name: 'bacnet',
  help: 'BACnet/IP ReadProperty to each port: building controllers',
  protocol: 'udp',
  keepsBytes: UDP_KEPT_BYTES,
  usesPorts: true,
  success: ['bacnet'],
  argsHelp: null,
  fields,
  prepare,
}
