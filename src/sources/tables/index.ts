/** The kernel's tables of connections. A new one is a file and a line here. */

import { makeRegistry } from '../../core/registry.ts'
import { conntrack } from './conntrack.ts'
import type { TableKind } from './contract.ts'
import { sockets } from './sockets.ts'

export const connectionTables = makeRegistry<TableKind>('table of connections', [sockets, conntrack])
