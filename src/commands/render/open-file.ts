/** Shows a file with the program that the desktop has for it. */

import { resolve } from 'node:path'
import { InterplotError } from '../../core/errors.ts'

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
}
const WAIT_MS = 10_000

/** @throws InterplotError ERR_CHILD_PROCESS when there is no such program. */
export const openFile = async (path: string): Promise<void> => {
  const [program = 'xdg-open', ...args] = COMMANDS[process.platform] ?? ['xdg-open']
  const { execa } = await import('execa')
  try {
    await execa(program, [...args, resolve(path)], { stdio: 'ignore', timeout: WAIT_MS })
  } catch (cause) {
    throw new InterplotError('ERR_CHILD_PROCESS', `${program} could not show ${path}`, {
      cause,
      advice: 'The file is there: open it yourself.',
    })
  }
}
