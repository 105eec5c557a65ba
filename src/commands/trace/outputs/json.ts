/** `--json`: one object a line, one line a trace. */

import { traceJson } from '../trace-json.ts'
import { type OutputOptions, type TraceOutput, withFacts } from './contract.ts'

export const jsonOutput = (options: OutputOptions): TraceOutput => ({
  begin: () => undefined,
  async end(finding) {
    const { trace, facts } = await withFacts(finding, options)
    options.print(`${JSON.stringify(traceJson(trace, facts))}\n`)
  },
})
