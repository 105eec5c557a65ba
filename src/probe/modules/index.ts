/** The probe modules: add yours here. */

import { makeRegistry } from '../../core/registry.ts'
import type { ProbeModule } from './contract.ts'
import { icmpEcho } from './icmp-echo.ts'
import { icmpEchoTime } from './icmp-echo-time.ts'
import { tcpSyn } from './tcp-syn.ts'
import { tcpSynack } from './tcp-synack.ts'
import { udp } from './udp.ts'

export const probeModules = makeRegistry<ProbeModule>('probe module', [icmpEcho, icmpEchoTime, tcpSyn, tcpSynack, udp])
