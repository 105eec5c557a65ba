/** The rows that a scan writes besides the results file. */

import { extname } from 'node:path'
import { InterplotError } from '../../core/errors.ts'
import { type ReplyBatch, rowsWhere } from '../../core/reply-batch.ts'
import type { ReplyContext } from '../../core/reply-field.ts'
import { type FieldSource, orderedFields, selectFields } from '../../output/field-order.ts'
import type { OutputFormat } from '../../output/format.ts'
import { outputFormats } from '../../output/index.ts'
import { type OutputModule, outputModules } from '../../output/output-modules.ts'
import { compileReplyFilter, DEFAULT_FILTER, EVERY_REPLY, type ReplyFilter } from '../../output/reply-filter.ts'
import { makeReplyFormatter, type ReplyFormatter } from '../../output/reply-formatter.ts'
import { openSink } from '../../output/sink.ts'
import { DEFAULT_RESULTS_FILE } from '../default-results-file.ts'
import { refuseOverwriting } from '../output-path.ts'

/** What a scan keeps its results in, and what other commands read, unless told otherwise. */

export interface ScanOutputOptions {
  outputFile?: string
  outputModule?: string
  outputArgs?: string
  outputFields?: readonly string[]
  outputFilter?: string
  headerRow?: boolean
  allReplies?: boolean
  /** The results file, for the output is another. */
  db?: string | false
}

export interface ScanOutput {
  write(batch: ReplyBatch): Promise<void>
  /** True once whoever reads standard output has gone: there is no point in going on. */
  consumerGone(): boolean
  /** Rows that passed the filter and were written. */
  rows(): number
  close(): Promise<void>
}

/** Checked, and nothing touched yet. */
export interface PlannedOutput {
  /** The output module's name, for the metadata. */
  readonly module: string
  /** Whether repeats have to be handed on for it. */
  readonly wantsRepeats: boolean
  /** What decides over rows, as text: "" = every reply. */
  readonly filter: string
  open(context: ReplyContext): Promise<ScanOutput>
}

/** The format that was asked for, or that the file's name tells, or CSV. @throws InterplotError ERR_UNKNOWN_NAME. */
export const outputFormatFor = (path: string, name: string | undefined): OutputFormat => {
  if (name !== undefined) return outputFormats.get(name)
  const extension = extname(path).toLowerCase()
  return outputFormats.entries.find((format) => `.${format.extension}` === extension) ?? outputFormats.get('csv')
}

const moduleFor = (path: string, name: string | undefined): OutputModule => {
  if (name === undefined) {
    const format = outputFormatFor(path, undefined)
    return outputModules.entries.find((module) => module.format === format) ?? outputModules.get('csv')
  }
  if (/^(csv)?redis/.test(name)) {
    throw new InterplotError('ERR_USAGE', `there is no output module "${name}": interplot does not speak to Redis`, {
      advice: 'Pipe rows to its client: interplot scan … -q -o - --no-header-row | redis-cli …',
    })
  }
  return outputModules.get(name)
}

const refuseWithoutFile = (options: ScanOutputOptions): void => {
  const { outputModule, outputFields, outputFilter, allReplies, outputArgs } = options
  const given = [outputModule, outputFields, outputFilter, allReplies, outputArgs].some((value) => value !== undefined)
  if (!given) return
  throw new InterplotError('ERR_USAGE', 'options of the output, but no output file', {
    advice: 'Name one with --output-file, or - for standard output.',
  })
}

const filterText = (options: ScanOutputOptions, module: OutputModule): string => {
  if (options.outputFilter !== undefined && options.allReplies === true) {
    throw new InterplotError('ERR_USAGE', '--all-replies and --output-filter both say which rows to write', {
      advice: 'Give one of them.',
    })
  }
  if (options.outputFilter !== undefined) return options.outputFilter.trim() === '' ? '' : options.outputFilter
  return options.allReplies === true || module.everyReply === true ? '' : DEFAULT_FILTER
}

/**
 * Checks what was asked for, and touches nothing.
 * @param source the probe module, whose fields the rows have. @param portCount as many ports as are probed.
 * @returns null when there is no output.
 * @throws InterplotError when format, fields, filter or file are wrong.
 */
export const planScanOutput = (
  options: ScanOutputOptions,
  source: FieldSource,
  portCount: number,
): PlannedOutput | null => {
  const { outputFile } = options
  if (outputFile === undefined) {
    refuseWithoutFile(options)
    return null
  }
  const module = moduleFor(outputFile, options.outputModule)
  if (options.outputArgs !== undefined) {
    throw new InterplotError('ERR_USAGE', `the output module ${module.name} takes no --output-args`, {
      advice: 'Leave them out: zmap has them for Redis only.',
    })
  }
  const asked = options.outputFields ?? module.fields ?? (portCount > 1 ? ['saddr', 'sport'] : ['saddr'])
  const fields = selectFields(asked.join(','), source)
  const text = filterText(options, module)
  const filterFor = (context: ReplyContext): ReplyFilter =>
    text === '' ? EVERY_REPLY : compileReplyFilter(text, orderedFields(source), context)
  const { wantsRepeats } = filterFor({})
  refuseOverwriting(outputFile, options.db === false ? [] : [options.db ?? DEFAULT_RESULTS_FILE])
  return {
    module: module.name,
    wantsRepeats,
    filter: text,
    open(context) {
      const formatter = makeReplyFormatter(module.format, fields, { header: options.headerRow !== false, ...context })
      return openScanOutput(outputFile, formatter, filterFor(context))
    },
  }
}

const openScanOutput = async (
  outputFile: string,
  formatter: ReplyFormatter,
  filter: ReplyFilter,
): Promise<ScanOutput> => {
  const sink = await openSink(outputFile)
  await sink.write(formatter.header())
  await sink.flush()
  let rows = 0
  return {
    async write(batch) {
      const kept = rowsWhere(batch, filter.matches)
      if (kept.count === 0) return
      rows += kept.count
      await sink.write(formatter.batch(kept))
      // A reader at the other end of a pipe wants rows now, not when a block is full.
      await sink.flush()
    },
    consumerGone: () => sink.consumerGone,
    rows: () => rows,
    async close() {
      await sink.write(formatter.end())
      await sink.close()
    },
  }
}
