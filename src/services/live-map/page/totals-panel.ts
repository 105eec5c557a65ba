/** Totals: how much goes through now, the last two minutes as a line, how much is shown of how many, and what was lost. */

import { countOf, formatBandwidth, formatCount, formatPacketRate } from '../../../core/units.ts'
import { byId, setText } from '../../../render/viewer/element.ts'
import type { LiveModel } from './live-model.ts'

const SHOWN_US = 120_000_000
const LINE_HEIGHT = 44

interface Sample {
  readonly timeUs: number
  readonly bits: number
}

export class TotalsPanel {
  readonly #model: LiveModel
  readonly #canvas = byId('spark') as HTMLCanvasElement
  #samples: Sample[] = []

  constructor(model: LiveModel) {
    this.#model = model
  }

  reset(): void {
    // Another run of the program: its clock may have nothing to do with the last one's.
    this.#samples = []
  }

  update(): void {
    const { totals, nowUs } = this.#model
    byId('totals').hidden = totals === null
    setText(byId('counts'), this.#counts())
    this.#losses()
    if (totals === null) return
    setText(byId('bits'), formatBandwidth(totals.bitsPerSecond))
    setText(byId('packets'), formatPacketRate(totals.packetsPerSecond))
    this.#samples = this.#samples.filter(({ timeUs }) => nowUs - timeUs < SHOWN_US)
    if (this.#samples.at(-1)?.timeUs !== nowUs) this.#samples.push({ timeUs: nowUs, bits: totals.bitsPerSecond })
    this.draw()
  }

  #counts(): string {
    const { rows, onMap, totals, banTotals } = this.#model
    const flows = Math.max(totals?.flows ?? 0, rows.size)
    const parts: string[] = []
    if (totals !== null || rows.size > 0) {
      parts.push(countOf(flows, 'connection'), `${formatCount(onMap)} on the map`)
      if (rows.size > onMap) parts.push(`${formatCount(rows.size - onMap)} without a place`)
      if (flows > rows.size) parts.push(`and ${formatCount(flows - rows.size)} more, not listed`)
    }
    if (banTotals !== null) {
      const { bans, unbans, attempts, unlocated } = banTotals
      parts.push(countOf(bans, 'ban'))
      if (unbans > 0) parts.push(countOf(unbans, 'unban'))
      if (attempts > 0) parts.push(countOf(attempts, 'failed attempt'))
      if (unlocated > 0) parts.push(`${formatCount(unlocated)} of these without a place`)
    }
    return parts.join(' · ')
  }

  #losses(): void {
    const { totals } = this.#model
    const parts: string[] = []
    if (totals !== null && totals.dropped > 0)
      parts.push(`${formatCount(totals.dropped)} packets dropped by the kernel`)
    if (totals !== null && totals.evicted > 0)
      parts.push(`${countOf(totals.evicted, 'connection')} forgotten for want of room`)
    setText(byId('losses'), parts.join(' · '))
    byId('losses').hidden = parts.length === 0
  }

  draw(): void {
    const width = this.#canvas.clientWidth
    if (width === 0) return
    const ratio = Math.min(2, window.devicePixelRatio || 1)
    const [across, down] = [Math.round(width * ratio), Math.round(LINE_HEIGHT * ratio)]
    if (this.#canvas.width !== across || this.#canvas.height !== down) {
      this.#canvas.width = across
      this.#canvas.height = down
    }
    const context = this.#canvas.getContext('2d')!
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.clearRect(0, 0, width, LINE_HEIGHT)
    const most = Math.max(1, ...this.#samples.map(({ bits }) => bits))
    const { nowUs } = this.#model
    const xOf = ({ timeUs }: Sample): number => width * (1 - (nowUs - timeUs) / SHOWN_US)
    const yOf = ({ bits }: Sample): number => LINE_HEIGHT - 2 - (bits / most) * (LINE_HEIGHT - 6)
    const colour = getComputedStyle(this.#canvas).color
    const first = this.#samples[0]
    if (first === undefined) return
    context.beginPath()
    for (const sample of this.#samples) context.lineTo(xOf(sample), yOf(sample))
    context.strokeStyle = colour
    context.lineWidth = 1.5
    context.lineJoin = 'round'
    context.stroke()
    context.lineTo(width, LINE_HEIGHT)
    context.lineTo(xOf(first), LINE_HEIGHT)
    context.globalAlpha = 0.16
    context.fillStyle = colour
    context.fill()
    context.globalAlpha = 1
  }
}
