import { openConntrack } from '../conntrack/conntrack-source.ts'
import type { TableKind } from './contract.ts'

export const conntrack: TableKind = {
  name: 'conntrack',
  help: 'connections that pass this gateway, as its firewall tracks them',
  needs: 'root or CAP_NET_ADMIN',
  title: 'connection tracking',
  hasForwarded: true,
  asksForNetworks: true,
  open: ({ clock, isLocal }) => openConntrack({ clock, isLocal }),
}
