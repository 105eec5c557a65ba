/** Bans and failed attempts, as guards of servers (fail2ban, CrowdSec) and servers' own logs tell of them. */

import type { IpAddress } from './ip.ts'

export interface BanEvent {
  /** `attempt`: somebody failed, nobody was banned. */
  act: 'ban' | 'unban' | 'attempt'
  address: IpAddress
  /** Of a banned network; absent for one address. */
  prefixLength?: number
  /** fail2ban's jail, CrowdSec's scenario, `sshd`, `nginx`, `web` (an access log); empty when nothing says. */
  jail: string
  /** Since the Unix epoch; null when the list does not say. */
  timeUs: number | null
  /** When the ban ends; null = never. Absent: not known. */
  endsUs?: number | null
  /** Failures that led to it. */
  failures?: number
  /** The guard banned it again after its own start, or for longer because it came back. */
  again?: 'restored' | 'increased'
  /** The server, where the line itself says it (syslog). */
  host?: string
}
