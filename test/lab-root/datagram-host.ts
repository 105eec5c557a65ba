/** Sends UDP datagrams to a port of two addresses back, IPv4 and IPv6, until its standard input ends: ADDRESS ADDRESS6 PORT. */

import { createSocket } from 'node:dgram'

const [address = '', address6 = '', port = ''] = process.argv.slice(2)
let listening = 0
for (const [kind, own] of [
  ['udp4', address],
  ['udp6', address6],
] as const) {
  const socket = createSocket(kind)
  socket.on('message', (bytes, from) => socket.send(bytes, from.port, from.address))
  socket.bind(Number(port), own, () => {
    listening += 1
    if (listening === 2) process.stderr.write('ready\n')
  })
}
process.stdin.on('data', () => undefined)
process.stdin.once('end', () => process.exit(0))
