/**
 * sshd's lines → failed attempts. One connection says several of them (`Invalid user`, `Failed password`, `Connection closed`): it counts as many attempts
 * as passwords that failed, and one when there were none. Lines are of one connection when process, address and port are the same;
 * sshd serves each connection with a process of its own, whose number is given out again some day.
 */

import type { BanEvent } from '../../core/ban.ts'
import { formatIp } from '../../core/ip.ts'
import type { LineReading } from './contract.ts'
import { readSshdMessage } from './sshd-message.ts'

interface SshdLine {
  message: string
  timeUs: number | null
  host?: string
  processId?: string | null
}

interface SshdConnection {
  port: string | null
  timeUs: number | null
  passwords: number
  counted: number
}

/** Of what is remembered the oldest goes. */
const CONNECTIONS_MAX = 20_000
/** sshd gives a login two minutes (LoginGraceTime); a line later than this is of another connection. */
const SILENCE_US = 600_000_000

const isNear = (one: number | null, other: number | null): boolean =>
  one === null || other === null ? one === other : Math.abs(one - other) <= SILENCE_US

export const sshdReader = (): ((line: SshdLine) => LineReading) => {
  const connections = new Map<string, SshdConnection>()
  const connectionOf = (key: string, port: string | null, timeUs: number | null): SshdConnection => {
    const known = connections.get(key)
    // Some lines do not say the port.
    if (known !== undefined && isNear(known.timeUs, timeUs) && (port ?? known.port) === (known.port ?? port)) {
      known.port ??= port
      known.timeUs = timeUs
      return known
    }
    const made = { port, timeUs, passwords: 0, counted: 0 }
    connections.delete(key)
    connections.set(key, made)
    if (connections.size > CONNECTIONS_MAX) connections.delete(connections.keys().next().value!)
    return made
  }
  return ({ message, timeUs, host, processId }) => {
    const found = readSshdMessage(message)
    if (found === null || 'refused' in found) return found
    const { address, port, passwords } = found
    const connection =
      processId == null && port === null
        ? { passwords: 0, counted: 0 }
        : connectionOf(`${host} ${processId ?? `port ${port}`} ${formatIp(address)}`, port, timeUs)
    connection.passwords += passwords
    const failures = Math.max(1, connection.passwords) - connection.counted
    if (failures <= 0) return null
    connection.counted += failures
    const event: BanEvent = { act: 'attempt', address, jail: 'sshd', timeUs }
    if (failures > 1) event.failures = failures
    if (host !== undefined) event.host = host
    return event
  }
}
