/** The options of commands that show the live map in the browser. */

import type { Command } from 'commander'
import { InterplotError } from '../../core/errors.ts'
import { integerOption } from '../option-parsers.ts'

export interface ServeOptions {
  serve?: boolean
  port?: number
}

export const serveOptions = (command: Command): Command =>
  command
    .option('--serve', 'show it on a map in the browser, on 127.0.0.1')
    .option('--port <n>', 'of --serve (default: 8017, or the next free one)', integerOption('--port', 1, 65_535))

/** @throws InterplotError ERR_USAGE */
export const checkServeOptions = ({ serve, port }: ServeOptions): void => {
  if (port === undefined || serve === true) return
  throw new InterplotError('ERR_USAGE', '--port is for --serve', { advice: 'Add --serve.' })
}
