/**
 * Owns a lab until it is told to stop, or is killed: a command with a child of its own runs in it. Prints their process
 * ids once they run.
 */

import { startLab } from './kernel-lab.ts'

const lab = await startLab()
const script = 'sleep 300 & echo $$ $!; wait'
const running = lab.run('sh', ['-c', script], {
  stdio: 'pipe',
  onStart(child) {
    child.stdout?.once('data', (chunk: Buffer) => {
      const pids = chunk.toString().trim().split(' ').map(Number)
      process.stdout.write(`${JSON.stringify({ pids })}\n`)
    })
  },
})
process.stdin.once('data', async () => {
  await lab.stop()
  await running
  process.exit(0)
})
