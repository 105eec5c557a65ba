/** The kinds of trace probes. */

import { makeRegistry } from '../../../core/registry.ts'
import { icmp } from './icmp.ts'
import { tcp } from './tcp.ts'
import { udp } from './udp.ts'

export const traceKinds = makeRegistry('kind of trace probe', [icmp, udp, tcp])
