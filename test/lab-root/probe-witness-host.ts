/** Writes down the UDP probes to a target that come from NEAR's side, until its standard input ends: NEAR's address, the target's. Prints them as JSON, in hex. */

import { isIpv4, parseIp } from '../../src/core/ip.ts'
import type { CaptureFilter } from '../../src/link/contract.ts'
import { linkKinds } from '../../src/link/registry.ts'

const POLL_MS = 20

const [near = '', target = ''] = process.argv.slice(2)
const [source, destination] = [parseIp(near)!, parseIp(target)!]
const kind = linkKinds.get('packet')
const spec = await kind.resolve(isIpv4(source) ? { sampleTarget: source } : { sampleTarget6: source })
const link = kind.open(spec, { mayBlock: false })
const filter: CaptureFilter = isIpv4(destination)
  ? { destinations: [destination], protocols: ['udp'] }
  : { destinations: [], destinations6: [destination], protocols: ['udp'] }
const receiver = link.openReceiver({ filter, snapBytes: 2048 })
const seen: string[] = []
let over = false
process.stdin.on('data', () => undefined)
process.stdin.once('end', () => {
  over = true
})
process.stderr.write('ready\n')
while (!over) {
  await receiver.poll((bytes, offset, length) => {
    seen.push(Buffer.from(bytes.subarray(offset, offset + length)).toString('hex'))
  }, POLL_MS)
}
process.stdout.write(JSON.stringify(seen), () => process.exit(0))
