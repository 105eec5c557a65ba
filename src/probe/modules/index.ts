/** The probe modules: add yours here. */

import { makeRegistry } from '../../core/registry.ts'
import { bacnet } from './bacnet.ts'
import type { ProbeModule } from './contract.ts'
import { dns } from './dns.ts'
import { icmpEcho } from './icmp-echo.ts'
import { icmpEchoTime } from './icmp-echo-time.ts'
import { ipip } from './ipip.ts'
import { ntp } from './ntp.ts'
import { quicInitial } from './quic-initial.ts'
import { tcpSyn } from './tcp-syn.ts'
import { tcpSynack } from './tcp-synack.ts'
import { udp } from './udp.ts'
import { upnp } from './upnp.ts'

export const probeModules = makeRegistry<ProbeModule>('probe module', [
  icmpEcho,
  icmpEchoTime,
  tcpSyn,
  tcpSynack,
  udp,
  dns,
  ntp,
  upnp,
  bacnet,
  quicInitial,
  ipip,
])
