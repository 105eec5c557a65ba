/**
 * The process that keeps a namespace of the lab alive, started inside it. Its standard input is a pipe whose other end the
 * lab's own process holds: when that process ends, for whatever reason, the pipe closes, and this one first kills every
 * process that is still in the namespace, then ends, and with it go the namespace and its interfaces.
 *
 * It also listens on the TCP ports given as arguments; with SYN cookies, one listener answers for every address.
 */

import { readdirSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'

const ROUNDS = 50
const ROUND_MS = 20

const namespaceOf = (process_: string): string | null => {
  try {
    return readlinkSync(`/proc/${process_}/ns/net`)
  } catch {
    // It ended in the meantime.
    return null
  }
}

const killMembers = (): number => {
  const own = namespaceOf('self')
  let found = 0
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry)
    if (!Number.isInteger(pid) || pid === process.pid || own === null || namespaceOf(entry) !== own) continue
    found += 1
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      found -= 1
    }
  }
  return found
}

const end = (round: number): void => {
  if (killMembers() === 0 || round === ROUNDS) process.exit(0)
  setTimeout(() => end(round + 1), ROUND_MS)
}

const listen = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen({ port, host: '0.0.0.0', backlog: 4096 }, resolve)
  })

process.stdin.on('end', () => end(0))
process.stdin.on('error', () => end(0))
process.stdin.resume()
await Promise.all(process.argv.slice(2).map((port) => listen(Number(port))))
process.stdout.write('ready\n')
