import { makeSocketTable } from '../socket-table/socket-table.ts'
import type { TableKind } from './contract.ts'

export const sockets: TableKind = {
  name: 'sockets',
  help: 'connections of this machine, with the programs that have them',
  needs: 'nothing; root for the names of other users’ programs',
  title: 'sockets of this machine',
  hasForwarded: false,
  asksForNetworks: false,
  open: ({ clock }) => makeSocketTable({ clock }),
}
