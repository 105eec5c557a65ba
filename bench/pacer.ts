/**
 * How even the pace of each link is: whole scans as processes, their packets counted at the far end of a veth pair by the
 * kernel's timestamps.
 *
 *   npm run build && sudo node --import tsx bench/pacer.ts [links] [rates]      packet,af-xdp,xdp  1000,10000,100000,500000
 *
 * TCP SYN, one sender, six seconds each. Prints the rate over all, and the worst of all windows of one second, begun every 10 ms
 * after the first 200 ms. The counting takes a processor of its own: on a busy machine, or where a sender and the counter do
 * not have one each, the figures are the machine's and not the pacer's. A line says so when the ring of the counter overflowed.
 */

import { fileURLToPath } from 'node:url'
import { startWirePair, type WirePair } from '../test/lab-root/wire-pair.ts'

const PROGRAM = fileURLToPath(new URL('../dist/bin/interplot.js', import.meta.url))
const LINKS = (process.argv[2] ?? 'packet,af-xdp,xdp').split(',')
const RATES = (process.argv[3] ?? '1000,10000,100000,500000').split(',').map(Number)
const SECONDS = 6
const FIRST = '10.64.0.0'
const SLOTS_A_SECOND = 100
const SLOTS_LEFT_OUT = 20

interface Arrivals {
  slots: number[]
  droppedByKernel: number
}

const arrivals = async (pair: WirePair, link: string, ratePps: number): Promise<Arrivals> => {
  const counter = await pair.start('far', '../../bench/arrival-counter.ts', ['10.77.0.1', FIRST, '64'])
  const scan = [
    'scan',
    `${FIRST}/26`,
    '--allow-special',
    '10.0.0.0/8',
    '-p',
    '*',
    '-M',
    'tcp-syn',
    '-T',
    '1',
    '-c',
    '0',
  ]
  const limits = ['--link', link, '-r', String(ratePps), '-n', String(ratePps * SECONDS), '--no-db', '-q']
  const { code, errors } = pair.command('near', [process.execPath, PROGRAM, ...scan, ...limits])
  const counted = JSON.parse((await counter.finish()).toString()) as Arrivals
  if (code !== 0) throw new Error(`the scan ended with ${code}: ${errors}`)
  if (errors.includes('instead')) process.stdout.write(errors)
  return counted
}

/** Packets in each window of a second, without the beginning and the last slot, which is not full. */
const windows = ({ slots }: Arrivals): number[] => {
  const sums: number[] = []
  for (let from = SLOTS_LEFT_OUT; from + SLOTS_A_SECOND < slots.length; from += 1) {
    sums.push(slots.slice(from, from + SLOTS_A_SECOND).reduce((sum, count) => sum + count, 0))
  }
  return sums
}

const percent = (count: number, ratePps: number): string => {
  const error = (count / ratePps - 1) * 100
  return `${error < 0 ? '' : '+'}${error.toFixed(2)} %`
}

const pair = await startWirePair({ receiveOffload: true })
try {
  for (const ratePps of RATES) {
    for (const link of LINKS) {
      const counted = await arrivals(pair, link, ratePps)
      const sums = windows(counted)
      const mean = sums.reduce((sum, count) => sum + count, 0) / sums.length
      const [least, most] = [Math.min(...sums), Math.max(...sums)]
      const range = `worst seconds ${percent(least, ratePps)} and ${percent(most, ratePps)}`
      const lost = counted.droppedByKernel > 0 ? `; the counter lost ${counted.droppedByKernel}` : ''
      process.stdout.write(
        `${link.padEnd(8)} ${String(ratePps).padStart(8)} pps: mean ${percent(mean, ratePps)}, ${range}${lost}\n`,
      )
    }
  }
} finally {
  await pair.stop()
}
