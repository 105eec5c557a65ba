/** What the colours mean, and the choice of what they say. */

import { byId, element } from '../../../render/viewer/element.ts'
import type { Category, ColourBy, Colouring } from './colouring.ts'
import type { LiveModel } from './live-model.ts'

const CHOICES: readonly (readonly [ColourBy, string])[] = [
  ['direction', 'Direction'],
  ['service', 'Service'],
]

const listOf = (categories: readonly Category[], shape: string): HTMLElement => {
  const list = element('ul', 'keys')
  for (const { label, colour } of categories) {
    const item = element('li', '')
    const swatch = element('i', `swatch ${shape}`)
    swatch.style.backgroundColor = colour
    item.append(swatch, element('bdi', 'label', label))
    list.append(item)
  }
  return list
}

export class LiveLegend {
  readonly #root = byId('legend')
  readonly #model: LiveModel
  readonly #colouring: Colouring
  readonly #change: () => void
  #shown = ''

  /** @param change is told after a choice. */
  constructor(model: LiveModel, colouring: Colouring, change: () => void) {
    this.#model = model
    this.#colouring = colouring
    this.#change = change
  }

  choose(by: ColourBy): void {
    this.#colouring.by = by
    this.#change()
  }

  update(): void {
    const connections = this.#model.totals !== null || this.#model.rows.size > 0
    const { categories, jails, by } = this.#colouring
    const key = JSON.stringify([connections, by, categories, jails])
    if (key === this.#shown) return
    this.#shown = key
    const parts: HTMLElement[] = []
    if (connections) {
      parts.push(this.#choices(by), listOf(categories, ''))
      if (this.#model.home !== null)
        parts.push(element('p', 'hint', 'Lights run from the end that began; brighter is faster.'))
    }
    if (jails.length > 0) parts.push(element('h2', '', 'Bans'), listOf(jails, 'diamond'))
    const focused = document.activeElement?.id
    this.#root.replaceChildren(...parts)
    this.#root.hidden = parts.length === 0
    // The button that was pressed is another one now.
    if (focused?.startsWith('by-') === true) document.getElementById(focused)?.focus()
  }

  #choices(by: ColourBy): HTMLElement {
    const group = element('div', 'choices')
    group.setAttribute('role', 'group')
    group.setAttribute('aria-label', 'Colours say')
    for (const [name, label] of CHOICES) {
      const button = element('button', '', label)
      button.type = 'button'
      button.id = `by-${name}`
      button.setAttribute('aria-pressed', String(by === name))
      button.addEventListener('click', () => this.choose(name))
      group.append(button)
    }
    return group
  }
}
