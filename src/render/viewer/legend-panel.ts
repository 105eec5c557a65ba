/** What the colours mean: a bar of the ramp with round numbers, or the groups, each of which can be switched off. */

import { formatCount } from '../../core/units.ts'
import type { PageHeader } from '../html/page-format.ts'
import { countedHeading } from '../map-data.ts'
import { groupColours } from '../point-colours.ts'
import { type Tick, ticksOf, toneOf } from '../tone-scale.ts'
import { element } from './element.ts'
import type { ZoomLook } from './zoom-scale.ts'

const BAR_COLOURS = 24

export class LegendPanel {
  readonly #root: HTMLElement
  readonly #header: PageHeader

  constructor(root: HTMLElement, header: PageHeader) {
    this.#root = root
    this.#header = header
  }

  /** Radius of the circle that a spot counts, kilometres. */
  showDensity({ scale }: ZoomLook, radiusKm: number): void {
    const radius = Number(radiusKm.toPrecision(radiusKm < 10 ? 1 : 2))
    const ticks = ticksOf(scale).map((tick) => ({ ...tick, at: Math.min(1, Math.max(0, toneOf(scale, tick.value))) }))
    this.#showBar(`${countedHeading(this.#header.counted)} within ${radius} km`, ticks)
  }

  /** Circles of known size. */
  showSizes(most: number, radiusOf: (amount: number) => number): void {
    const amounts = new Set([1, 0.25, 0.05].map((share) => Math.max(1, Number((most * share).toPrecision(1)))))
    const list = element('ul', 'sizes')
    for (const amount of amounts) {
      const circle = element('i', 'swatch')
      const { fill, stroke } = this.#header.theme.marker
      const side = `${Math.round(radiusOf(amount) * 2)}px`
      Object.assign(circle.style, { width: side, height: side, backgroundColor: fill, border: `1px solid ${stroke}` })
      const item = element('li', 'size')
      item.append(circle, element('span', '', formatCount(amount)))
      list.append(item)
    }
    this.#root.replaceChildren(element('h2', '', countedHeading(this.#header.counted)), list)
    this.#root.hidden = false
  }

  showScale(title: string, ticks: readonly { readonly at: number; readonly label: string }[]): void {
    this.#showBar(title, ticks)
  }

  #showBar(title: string, ticks: readonly (Pick<Tick, 'label'> & { readonly at: number })[]): void {
    const bar = element('div', 'bar')
    const { ramp } = this.#header.theme
    const colours = Array.from({ length: BAR_COLOURS }, (_, i) => {
      const at = Math.round((i / (BAR_COLOURS - 1)) * (ramp.length / 3 - 1)) * 3
      return `rgb(${ramp.slice(at, at + 3).join(', ')})`
    })
    bar.style.backgroundImage = `linear-gradient(to right, ${colours.join(', ')})`
    const scale = element('div', 'ticks')
    for (const { at, label } of ticks) {
      const tick = element('span', at < 0.04 ? 'tick first' : at > 0.96 ? 'tick last' : 'tick', label)
      tick.style.left = `${at * 100}%`
      scale.append(tick)
    }
    this.#root.replaceChildren(element('h2', '', title), bar, scale)
    this.#root.hidden = false
    this.#dropOverlapping(scale)
  }

  #dropOverlapping(scale: HTMLElement): void {
    let free = -Infinity
    for (const tick of scale.children) {
      const { left, right } = tick.getBoundingClientRect()
      if (left < free) tick.textContent = ''
      else free = right + 5
    }
  }

  /** @param change is told which groups are shown. */
  showGroups(change: (visible: readonly boolean[]) => void): void {
    const { colouring, theme } = this.#header
    if (colouring?.kind !== 'groups') return
    const visible = colouring.groups.map(() => true)
    const list = element('ul', 'groups')
    const colours = groupColours(colouring.groups, theme)
    for (const [i, { label, count }] of colouring.groups.entries()) {
      const button = element('button', '')
      button.type = 'button'
      button.setAttribute('aria-pressed', 'true')
      const swatch = element('i', 'swatch')
      swatch.style.backgroundColor = colours[i] ?? 'currentColor'
      button.append(swatch, element('span', 'label', label), element('span', 'count', formatCount(count)))
      button.addEventListener('click', () => {
        visible[i] = visible[i] === false
        button.setAttribute('aria-pressed', String(visible[i]))
        change(visible)
      })
      const item = element('li', '')
      item.append(button)
      list.append(item)
    }
    this.#root.replaceChildren(element('h2', '', colouring.title), list)
    this.#root.hidden = false
  }
}
