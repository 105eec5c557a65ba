/** What `interplot watch` is told, as commander hands it over, and what of it cannot stand together. */

import { InterplotError } from '../../core/errors.ts'
import type { Point } from '../../core/great-circle.ts'
import { connectionTables } from '../../sources/tables/index.ts'

export interface WatchOptions {
  /** A capture file, `-`, `sockets`, `conntrack`; absent = live. */
  source?: string
  interface?: string[]
  filter?: string
  /** False: packets of every kind, also ssh and this program's own. */
  defaultFilter?: boolean
  promiscuous?: boolean
  ringSize?: number
  subnet?: string[]
  includeSelf?: boolean
  names?: boolean
  maxFlows?: number
  /** Microseconds. */
  duration?: number
  speed?: number
  serve?: boolean
  port?: number
  home?: Point
  database?: string[]
  places?: boolean
  db?: string | false
  keep?: number
  markers?: string
  json?: boolean
  lines?: boolean
  live?: boolean
  quiet?: boolean
  keepPrivileges?: boolean
}

/** Names of tables; a file that is called so is ./sockets. */
export const isTable = (source: string | undefined): source is string =>
  connectionTables.entries.some(({ name }) => name === source)

const refuse = (message: string, advice: string): never => {
  throw new InterplotError('ERR_USAGE', message, { advice })
}

/** Options that would do nothing are refused before anything is opened. @throws InterplotError ERR_USAGE */
export const checkWatchOptions = (options: WatchOptions): void => {
  const { source } = options
  const isLive = source === undefined
  const readsPackets = !isTable(source)
  const live = [
    ['--interface', options.interface !== undefined],
    ['--promiscuous', options.promiscuous === true],
    ['--ring-size', options.ringSize !== undefined],
  ] as const
  for (const [option, given] of live) {
    if (given && !isLive) refuse(`${option} is for live captures, and ${source} is none`, 'Leave one of the two out.')
  }
  const packets = [
    ['--filter', options.filter !== undefined],
    ['--no-names', options.names === false],
    ['--max-flows', options.maxFlows !== undefined],
  ] as const
  for (const [option, given] of packets) {
    if (given && !readsPackets) refuse(`${option} is for packets, and ${source} has none`, 'Leave one of the two out.')
  }
  if (options.subnet !== undefined && isTable(source) && !connectionTables.get(source).asksForNetworks) {
    refuse(`--subnet says which end of a connection is local, and ${source} know that`, 'Leave it out.')
  }
  if (options.speed !== undefined && (isLive || !readsPackets)) {
    refuse('--speed is for capture files', 'Like: interplot watch capture.pcap --speed 60')
  }
  if (options.filter !== undefined && options.defaultFilter === false) {
    refuse(
      '--filter and --everything say two things',
      'A filter of your own replaces the usual one: leave --everything out.',
    )
  }
  if (options.port !== undefined && options.serve !== true) refuse('--port is for --serve', 'Add --serve.')
  if (options.keep !== undefined && options.db === false) {
    refuse('--keep forgets rows of the results file, and --no-db keeps none', 'Leave one of the two out.')
  }
  if (options.json === true && options.lines === true)
    refuse('--json and --lines both write to standard output', 'Choose one.')
  if (options.live === true && (options.json === true || options.lines === true)) {
    refuse('the table and rows do not share a terminal', 'Leave out --live, or --json and --lines.')
  }
}
