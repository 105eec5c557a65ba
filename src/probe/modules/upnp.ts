/**
 * UPnP: an SSDP search (UPnP Device Architecture 2.0, section 1.3.2), sent to one host instead of the group. Devices answer
 * with an HTTP response without a body; its headers say what they are. No field of the search comes back, so the source
 * port alone carries the cookie.
 */

import { CLASSIFICATIONS } from '../../core/reply-batch.ts'
import { type ReplyField, replyData } from '../../core/reply-field.ts'
import type { PreparedProbe, ProbeModule, ProbeSetup } from './contract.ts'
import { refuseArgs } from './probe-args.ts'
import { prepareUdpProbe, setClass, setOtherUdp, UDP_KEPT_BYTES } from './udp-probe.ts'

const UPNP = CLASSIFICATIONS.indexOf('upnp')

const SEARCH = [
  'M-SEARCH * HTTP/1.1',
  'HOST: 239.255.255.250:1900',
  'MAN: "ssdp:discover"',
  'MX: 3',
  'ST: upnp:rootdevice',
  '',
  '',
].join('\r\n')
const STATUS_LINE = new TextEncoder().encode('HTTP/1.1 200 OK')
const CARRIAGE_RETURN = 13
const LINE_FEED = 10

const startsWithStatus = (bytes: Uint8Array, from: number, end: number): boolean => {
  const lineEnd = from + STATUS_LINE.length
  if (end < lineEnd || !STATUS_LINE.every((byte, i) => bytes[from + i] === byte)) return false
  return lineEnd === end || bytes[lineEnd] === CARRIAGE_RETURN || bytes[lineEnd] === LINE_FEED
}

const prepare = (setup: ProbeSetup): PreparedProbe => {
  refuseArgs('upnp', setup.args)
  return prepareUdpProbe(setup, {
    payloads: [new TextEncoder().encode(SEARCH)],
    judge: ({ bytes, from, end }, _span, batch, row) =>
      startsWithStatus(bytes, from, end) ? setClass(batch, row, UPNP, true) : setOtherUdp(batch, row),
  })
}

/** The header's value; the last one where there are several. */
const headerField = (name: string, header: string): ReplyField => ({
  name,
  help: `the header ${header}`,
  type: 'string',
  get(batch, row) {
    if (batch.classification[row] !== UPNP) return null
    // Header values are bytes without a character set: Latin-1 (RFC 9110, section 5.5).
    const [, ...lines] = Buffer.from(replyData(batch, row)).toString('latin1').split(/\r?\n/)
    const start = `${header.toLowerCase()}:`
    const line = lines.findLast((each) => each.toLowerCase().startsWith(start))
    return line === undefined ? null : line.slice(start.length).replace(/^ /, '')
  },
})

export const upnp: ProbeModule = {
  name: 'upnp',
  help: 'UPnP search (SSDP) to each port: which device it is',
  protocol: 'udp',
  keepsBytes: UDP_KEPT_BYTES,
  usesPorts: true,
  success: ['upnp'],
  argsHelp: null,
  fields: [
    headerField('server', 'SERVER'),
    headerField('location', 'LOCATION'),
    headerField('usn', 'USN'),
    headerField('st', 'ST'),
    headerField('ext', 'EXT'),
    headerField('cache_control', 'CACHE-CONTROL'),
    headerField('x_user_agent', 'X-User-Agent'),
    headerField('agent', 'Agent'),
    headerField('date', 'DATE'),
  ],
  prepare,
}
