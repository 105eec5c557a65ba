/** Whether a trace is shown live: on a terminal, for a few hosts, unless something else was asked for. */

import { InterplotError } from '../../../core/errors.ts'
import type { TraceOptions } from '../trace-options.ts'

export const DEFAULT_INTERVAL_US = 1_000_000
const MOST_HOSTS = 8

/** Who sits there. */
export interface Ends {
  readonly input: { readonly isTTY?: boolean }
  readonly output: { readonly isTTY?: boolean }
  readonly term: string | undefined
}

/** What asks for lines, one traceroute, or a program's output. */
const ELSE = ['report', 'multipath', 'mtu', 'json', 'csv', 'dot', 'graphml', 'raw', 'every', 'map'] as const

const refuse = (message: string, advice: string): never => {
  throw new InterplotError('ERR_USAGE', message, { advice })
}

/** @throws InterplotError ERR_USAGE for wishes that cannot be met together. */
export const wantsLive = (options: TraceOptions, { input, output, term }: Ends): boolean => {
  const { live, hosts, queries, quiet, interval, cycles } = options
  const isTerminal =
    input.isTTY === true && output.isTTY === true && term !== undefined && term !== '' && term !== 'dumb'
  const other = ELSE.find((key) => options[key] !== undefined)
  const few = hosts.length <= MOST_HOSTS
  if (live === true) {
    if (!isTerminal) return refuse('a live view needs a terminal at both ends', 'Leave --live out for lines.')
    if (!few) return refuse(`a live view has room for ${MOST_HOSTS} hosts`, 'Leave --live out, or name fewer.')
    if (queries !== undefined) return refuse('a live view asks each hop once a round', 'Use --cycles instead of -q.')
    if (other !== undefined) return refuse(`--live and --${other} exclude each other`, 'Leave one of them out.')
    return true
  }
  const wanted =
    live === undefined && isTerminal && few && queries === undefined && quiet !== true && other === undefined
  if (!wanted && options.report !== true && (interval !== undefined || cycles !== undefined)) {
    return refuse(
      '--interval and --cycles are of the live view and of --report',
      'Add --report; the live view needs a terminal, and neither -q nor --no-live.',
    )
  }
  return wanted
}
