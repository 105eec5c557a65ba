/** The rows that a scan writes besides the results file. */

import { extname } from 'node:path'
import { InterplotError } from '../core/errors.ts'
import { REPLY_SUCCESS, type ReplyBatch, rowsWithFlags } from '../core/reply-batch.ts'
import type { OutputFormat } from '../output/format.ts'
import { outputFormats } from '../output/index.ts'
import { selectReplyFields } from '../output/reply-fields.ts'
import { makeReplyFormatter, type ReplyFormatter } from '../output/reply-formatter.ts'
import { openSink } from '../output/sink.ts'
import { refuseOverwriting } from './output-path.ts'

/** What a scan keeps its results in, and what other commands read, unless told otherwise. */
export const DEFAULT_RESULTS_FILE = 'results.db'

export interface ScanOutputOptions {
  outputFile?: string
  outputModule?: string
  outputFields?: readonly string[]
  headerRow?: boolean
  allReplies?: boolean
  /** The results file, for the output is another. */
  db?: string | false
}

export interface ScanOutput {
  write(batch: ReplyBatch): Promise<void>
  /** True once whoever reads standard output has gone: there is no point in going on. */
  consumerGone(): boolean
  close(): Promise<void>
}

/** The format that was asked for, or that the file's name tells, or CSV. @throws InterplotError ERR_UNKNOWN_NAME. */
export const outputFormatFor = (path: string, name: string | undefined): OutputFormat => {
  if (name !== undefined) return outputFormats.get(name)
  const extension = extname(path).toLowerCase()
  return outputFormats.entries.find((format) => `.${format.extension}` === extension) ?? outputFormats.get('csv')
}

/**
 * Checks what was asked for, and touches nothing.
 * @returns what opens the output, or null when there is none.
 * @throws InterplotError when format, fields or file are wrong.
 */
export const planScanOutput = (options: ScanOutputOptions): ((sourceAddress: number) => Promise<ScanOutput>) | null => {
  const { outputFile } = options
  if (outputFile === undefined) {
    if (options.outputModule === undefined && options.outputFields === undefined) return null
    throw new InterplotError('ERR_USAGE', '--output-module and --output-fields need an output file', {
      advice: 'Name one with --output-file, or - for standard output.',
    })
  }
  const format = outputFormatFor(outputFile, options.outputModule)
  const fields = selectReplyFields((options.outputFields ?? ['saddr']).join(','))
  refuseOverwriting(outputFile, options.db === false ? [] : [options.db ?? DEFAULT_RESULTS_FILE])
  return (sourceAddress) =>
    openScanOutput(
      outputFile,
      makeReplyFormatter(format, fields, { header: options.headerRow !== false, sourceAddress }),
      options.allReplies === true,
    )
}

const openScanOutput = async (
  outputFile: string,
  formatter: ReplyFormatter,
  allReplies: boolean,
): Promise<ScanOutput> => {
  const sink = await openSink(outputFile)
  await sink.write(formatter.header())
  await sink.flush()
  return {
    async write(batch) {
      const kept = allReplies ? batch : rowsWithFlags(batch, REPLY_SUCCESS)
      if (kept.count === 0) return
      await sink.write(formatter.batch(kept))
      // A reader at the other end of a pipe wants rows now, not when a block is full.
      await sink.flush()
    },
    consumerGone: () => sink.consumerGone,
    async close() {
      await sink.write(formatter.end())
      await sink.close()
    },
  }
}
