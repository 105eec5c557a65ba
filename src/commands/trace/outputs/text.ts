/** What people read: lines in the manner of traceroute(8), as they become known. */

import { formatIp } from '../../../core/ip.ts'
import type { Trace, TraceHop } from '../../../core/trace.ts'
import { countOf } from '../../../core/units.ts'
import type { PathMtu } from '../../../probe/trace/path-mtu.ts'
import { fitMark, pathMtuLines } from '../path-mtu-lines.ts'
import { shownTrace } from '../shown-trace.ts'
import { makeTraceLines, type TraceLines } from '../trace-lines.ts'
import type { OutputOptions, TraceOutput } from './contract.ts'

const lastTtlOf = ({ hops }: Trace): number =>
  Math.max(0, ...hops.filter(({ address }) => address !== null).map(({ ttl }) => ttl))

export const textOutput = (options: OutputOptions): TraceOutput => {
  const print = (line: string): void => options.print(`${line}\n`)
  let lines: TraceLines | undefined
  let pathMtu: PathMtu | undefined
  // Where less fits is known at the end, and said beside the hops.
  const held: TraceHop[] = []
  return {
    begin({ host, method, packetBytes }) {
      const { name, address, others } = host
      const also = others === 0 ? '' : `, ${countOf(others, 'other address', 'other addresses')}`
      const kind = method.split(' ')[0]
      print(
        `traceroute to ${name} (${formatIp(address)})${also}, ${options.maxTtl} hops max, ${packetBytes} byte ${kind} packets`,
      )
      const remark = (ttl: number): string => (pathMtu === undefined ? '' : fitMark(pathMtu, ttl, options.firstTtl))
      lines = makeTraceLines({ ...options, target: address, print, remark })
    },
    onHop(hop) {
      if (options.holdsLines) held.push(hop)
      else lines?.add(hop)
    },
    async end(finding) {
      pathMtu = finding.pathMtu
      for (const hop of held.splice(0)) lines?.add(hop)
      await lines?.finish(lastTtlOf(finding), Math.max(0, ...finding.hops.map(({ ttl }) => ttl)))
      const { pathMtu: shown, target, masked } = shownTrace(finding, options.maskHops)
      if (shown !== undefined) for (const line of pathMtuLines(shown, target, masked)) print(line)
    },
  }
}
