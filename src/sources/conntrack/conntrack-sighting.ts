/** A tracked connection as one of ours: which end is local, also behind address translation, and what went out and in. */

import type { Initiator } from '../../core/connection.ts'
import type { IpAddress } from '../../core/ip.ts'
import type { ConntrackCount, ConntrackEntry } from '../../link/conntrack-message.ts'
import type { Sighting } from '../connection-ledger.ts'

interface End {
  address: IpAddress
  port: number
}

interface Ends {
  local: End
  remote: End
  initiator: Initiator
}

/**
 * Who talks: the source of the original direction, and the source of the replies. Both are real ends, whatever was translated between them: with source translation (a
 * gateway's masquerade) the original source is the machine inside; with destination translation (a forwarded port) the replies' source is. Where both are local but the
 * original destination is not (a transparent proxy), the remote end is whom the client meant.
 */
const endsOf = ({ original, reply }: ConntrackEntry, isLocal: (address: IpAddress) => boolean): Ends => {
  const beginner: End = { address: original.source, port: original.sourcePort }
  const answerer: End = { address: reply.source, port: reply.sourcePort }
  const beginnerIsLocal = isLocal(beginner.address)
  const answererIsLocal = isLocal(answerer.address)
  if (!beginnerIsLocal && answererIsLocal) return { local: answerer, remote: beginner, initiator: 'remote' }
  if (beginnerIsLocal && answererIsLocal && !isLocal(original.destination)) {
    const meant: End = { address: original.destination, port: original.destinationPort }
    return { local: beginner, remote: meant, initiator: 'local' }
  }
  return { local: beginner, remote: answerer, initiator: 'local' }
}

const NOTHING: ConntrackCount = { packets: 0, bytes: 0 }

/** Counts are 0 where the kernel does not count. */
export const sightingOf = (entry: ConntrackEntry, isLocal: (address: IpAddress) => boolean): Sighting => {
  const { local, remote, initiator } = endsOf(entry, isLocal)
  const original = entry.originalCount ?? NOTHING
  const reply = entry.replyCount ?? NOTHING
  const [out, back] = initiator === 'local' ? [original, reply] : [reply, original]
  return {
    protocol: entry.protocol,
    local: local.address,
    localPort: local.port,
    remote: remote.address,
    remotePort: remote.port,
    initiator,
    packetsOut: out.packets,
    bytesOut: out.bytes,
    packetsIn: back.packets,
    bytesIn: back.bytes,
    tcpState: entry.tcpState,
    rttUs: null,
    name: null,
    nameSource: 'none',
    process: null,
    device: null,
    startUs: entry.startUs,
  }
}
