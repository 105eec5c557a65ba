/** What a command prints at the vantage point of a lab. */

import type { KernelLab } from '../src/lab/namespaces.ts'

export const outputOf = async (lab: KernelLab, command: string, args: string[]): Promise<string> => {
  let output = ''
  await lab.run(command, args, {
    stdio: 'pipe',
    onStart(child) {
      child.stdin?.end()
      child.stdout?.on('data', (chunk: Buffer) => {
        output += chunk.toString()
      })
    },
  })
  return output
}
