/** `--multipath` for people: the graph, once it is known. */

import { formatIp } from '../../../core/ip.ts'
import { multipathLines } from '../multipath-lines.ts'
import { type OutputOptions, type TraceOutput, withFacts } from './contract.ts'

export const multipathTextOutput = (options: OutputOptions): TraceOutput => ({
  begin: ({ host, method }) =>
    options.print(`all paths to ${host.name} (${formatIp(host.address)}), ${options.maxTtl} hops max, ${method}\n`),
  async end(finding) {
    const { trace, facts } = await withFacts(finding, options)
    if (trace.multipath !== undefined) options.print(`${multipathLines(trace.multipath, trace, facts).join('\n')}\n`)
  },
})
