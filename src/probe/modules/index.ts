/** The probe modules: add yours here. */

import { makeRegistry } from '../../core/registry.ts'
import type { ProbeModule } from './contract.ts'
import { icmpEcho } from './icmp-echo.ts'
import { tcpSyn } from './tcp-syn.ts'
import { udp } from './udp.ts'

export const probeModules = makeRegistry<ProbeModule>('probe module', [icmpEcho, tcpSyn, udp])
