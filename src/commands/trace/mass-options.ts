/** What a person may say about a mass trace. */

import type { LinkChoiceOptions } from '../scan/link-choice.ts'
import type { SelectionOptions } from '../scan/target-selection.ts'
import type { MassPlanOptions } from './mass-plan.ts'

export interface MassTraceOptions
  extends Omit<MassPlanOptions, 'seed'>,
    Partial<Omit<SelectionOptions, 'region'>>,
    LinkChoiceOptions {
  seed?: string
  /** A list of targets, instead of naming them. */
  targetsFile?: string
  /** The results file; false = none. */
  db: string | false
  /** Goes on with the unfinished mass trace of a results file. */
  resume?: string
  outputFile?: string
  outputFormat?: string
  /** Microseconds of sending. */
  maxRuntime?: number
  json?: boolean
  quiet?: boolean
  keepPrivileges?: boolean
}
