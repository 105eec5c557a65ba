/** Which output the options ask for. */

import { InterplotError } from '../../../core/errors.ts'
import { dotText } from '../../../output/dot.ts'
import { graphmlText } from '../../../output/graphml.ts'
import type { TraceOptions } from '../trace-options.ts'
import type { OutputOptions, TraceOutput } from './contract.ts'
import { csvOutput } from './csv.ts'
import { graphOutput } from './graph.ts'
import { jsonOutput } from './json.ts'
import { multipathTextOutput } from './multipath-text.ts'
import { rawOutput } from './raw.ts'
import { reportOutput } from './report.ts'
import { textOutput } from './text.ts'

/** @throws InterplotError ERR_USAGE when they ask for several. */
export const outputFor = (options: TraceOptions): ((of: OutputOptions) => TraceOutput) => {
  const { json, csv, dot, graphml, raw, report } = options
  const asked = Object.entries({ json, csv, dot, graphml, raw }).flatMap(([name, wanted]) =>
    wanted === true ? [name] : [],
  )
  if (asked.length > 1 || (report === true && asked.length === 1 && asked[0] !== 'json')) {
    const names = [...(report === true ? ['report'] : []), ...asked].map((name) => `--${name}`)
    throw new InterplotError('ERR_USAGE', `${names.join(' and ')} would both write to standard output`, {
      advice: 'Choose one; --report goes with --json alone. What is kept in the results file can be exported later.',
    })
  }
  if (report === true) return reportOutput(json === true)
  return {
    json: jsonOutput,
    csv: csvOutput,
    dot: graphOutput(dotText),
    graphml: graphOutput(graphmlText),
    raw: rawOutput,
    text: options.multipath === true ? multipathTextOutput : textOutput,
  }[(asked[0] ?? 'text') as 'json' | 'csv' | 'dot' | 'graphml' | 'raw' | 'text']
}
