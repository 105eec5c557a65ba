/** What people read: lines in the manner of traceroute(8), as they become known. */

import { formatIp } from '../../../core/ip.ts'
import type { Trace } from '../../../core/trace.ts'
import { countOf } from '../../../core/units.ts'
import { makeTraceLines, type TraceLines } from '../trace-lines.ts'
import type { OutputOptions, TraceOutput } from './contract.ts'

const lastTtlOf = ({ hops }: Trace): number =>
  Math.max(0, ...hops.filter(({ address }) => address !== null).map(({ ttl }) => ttl))

export const textOutput = (options: OutputOptions): TraceOutput => {
  const print = (line: string): void => options.print(`${line}\n`)
  let lines: TraceLines | undefined
  return {
    begin({ host, method, packetBytes }) {
      const { name, address, others } = host
      const also = others === 0 ? '' : `, ${countOf(others, 'other address', 'other addresses')}`
      const kind = method.split(' ')[0]
      print(
        `traceroute to ${name} (${formatIp(address)})${also}, ${options.maxTtl} hops max, ${packetBytes} byte ${kind} packets`,
      )
      lines = makeTraceLines({ ...options, target: address, print })
    },
    onHop: (hop) => lines?.add(hop),
    async end(finding) {
      await lines?.finish(lastTtlOf(finding), Math.max(0, ...finding.hops.map(({ ttl }) => ttl)))
    },
  }
}
