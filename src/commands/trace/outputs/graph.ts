/** `--dot`, `--graphml`: all traces as one graph. */

import type { PathGraph } from '../../../output/path-graph.ts'
import type { AddressFacts, ShownTrace } from '../shown-trace.ts'
import { traceGraph } from '../trace-graph.ts'
import { type OutputOptions, type TraceOutput, withFacts } from './contract.ts'

export const graphOutput =
  (write: (graph: PathGraph) => string) =>
  (options: OutputOptions): TraceOutput => {
    const found: { trace: ShownTrace; facts: AddressFacts }[] = []
    return {
      begin: () => undefined,
      async end(finding) {
        found.push(await withFacts(finding, options))
      },
      close() {
        const facts: AddressFacts = {
          name: (address) => found.map((each) => each.facts.name(address)).find((name) => name !== null) ?? null,
          place: (address) => options.places.place(address),
          attributions: options.places.attributions,
        }
        options.print(
          write(
            traceGraph(
              found.map(({ trace }) => trace),
              facts,
            ),
          ),
        )
      },
    }
  }
