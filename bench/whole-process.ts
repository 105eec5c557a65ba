/** The built program as a whole process: seconds, and how large it was at its largest. */

import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../dist/bin/interplot.js', import.meta.url))

export interface Step {
  seconds: number
  residentMb: number
}

/** The program says at its end how large it was (getrusage's maxrss, which Node.js gives in kilobytes). */
const SAY_SIZE = `process.on('exit',()=>require('node:fs').writeFileSync(process.env.SIZE_FILE,String(process.resourceUsage().maxRSS)))`

/** @param folder where the program runs. */
export const timeProgram = (folder: string, args: readonly string[]): Step => {
  const sayPath = join(folder, 'say-size.cjs')
  const sizePath = join(folder, 'size')
  writeFileSync(sayPath, SAY_SIZE)
  const startMs = performance.now()
  const { status, stderr } = spawnSync(process.execPath, ['--require', sayPath, PROGRAM, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, SIZE_FILE: sizePath },
  })
  if (status !== 0) throw new Error(`interplot ${args.join(' ')}: ${stderr}`)
  const seconds = Number(((performance.now() - startMs) / 1000).toFixed(2))
  return { seconds, residentMb: Math.round(Number(readFileSync(sizePath, 'utf8')) / 1024) }
}
