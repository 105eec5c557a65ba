/** Talks to an echo host and prints what the tables of connections say, as one JSON object: LOCAL REMOTE PORT TRANSLATED-PORT. */

import { createSocket } from 'node:dgram'
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../../src/core/clock.ts'
import type { Connection } from '../../src/core/connection.ts'
import { InterplotError } from '../../src/core/errors.ts'
import { formatIp, type IpAddress, parseIp } from '../../src/core/ip.ts'
import type { ConnectionPoll } from '../../src/sources/connection-ledger.ts'
import { type ConntrackSource, openConntrack } from '../../src/sources/conntrack/conntrack-source.ts'
import { makeSocketTable } from '../../src/sources/socket-table/socket-table.ts'

const [local = '', remote = '', port = '0', translatedPort = '0'] = process.argv.slice(2)
const BYTES = 20_000
const DEADLINE_MS = 20_000

const shown = (connection: Connection): object => ({
  ...connection,
  local: formatIp(connection.local),
  remote: formatIp(connection.remote),
})
const shownPoll = ({ open, ended }: ConnectionPoll): object => ({ open: open.map(shown), ended: ended.map(shown) })

const echoed = (toPort: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(toPort, remote)
    let back = 0
    socket.once('error', reject)
    socket.write(new Uint8Array(BYTES))
    socket.on('data', (chunk: Buffer) => {
      back += chunk.length
      if (back === BYTES) resolve(socket)
    })
  })

const echoedDatagram = (): Promise<void> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.once('message', () => socket.close(resolve))
    socket.send(new Uint8Array(100), Number(port), remote)
  })

const untilEnded = async (source: ConntrackSource, wanted: number): Promise<object[]> => {
  const ended: Connection[] = []
  for (let waited = 0; ended.length < wanted && waited < DEADLINE_MS; waited += 200) {
    await wait(200)
    ended.push(...source.poll().ended)
  }
  return ended.map(shown)
}

const main = async (): Promise<object> => {
  const own = parseIp(local)
  const source = openConntrack({ clock: systemClock, isLocal: (address: IpAddress) => address === own })
  const sockets = makeSocketTable({ clock: systemClock })
  const before = shownPoll(source.poll())
  const held = await echoed(Number(port))
  const translated = await echoed(Number(translatedPort))
  await echoedDatagram()
  const during = shownPoll(source.poll())
  const duringSockets = shownPoll(sockets.poll())
  // The same numbers again, and one more connection that is reset at once.
  const brief = await echoed(Number(port))
  const { localPort: briefPort } = brief
  brief.resetAndDestroy()
  held.resetAndDestroy()
  const after = shownPoll(source.poll())
  // Two TCP connections that were reset, and the datagrams.
  const ended = await untilEnded(source, 3)
  // It begins, ends and is forgotten before anybody looks into the table: reading the table drops what has timed out.
  const unseen = await echoed(Number(port))
  const { localPort: unseenPort } = unseen
  unseen.resetAndDestroy()
  await wait(1500)
  const late = shownPoll(source.poll())
  translated.destroy()
  source.close()
  return { before, during, duringSockets, after, ended, late, briefPort, unseenPort, notes: source.notes() }
}

const print = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`)
main().then(print, (error: unknown) => {
  if (!(error instanceof InterplotError)) throw error
  print({ code: error.code, line: error.toLine() })
})
