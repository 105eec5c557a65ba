/** The small card that tells what lies under the pointer. Words go in as text, never as HTML. */

import type { Finding } from './finding.ts'
import type { Viewport } from './map-view.ts'

const GAP = 14

export class Tip {
  readonly #element: HTMLElement

  constructor(element: HTMLElement) {
    this.#element = element
  }

  show({ title, lines }: Finding, x: number, y: number, viewport: Viewport): void {
    const heading = document.createElement('strong')
    heading.textContent = title
    const rows = lines.map((line) => {
      const row = document.createElement('span')
      row.textContent = line
      return row
    })
    const element = this.#element
    element.replaceChildren(heading, ...rows)
    element.hidden = false
    const { offsetWidth: width, offsetHeight: height } = element
    const left = x + GAP + width > viewport.width - 8 ? x - GAP - width : x + GAP
    const top = y + GAP + height > viewport.height - 8 ? y - GAP - height : y + GAP
    element.style.transform = `translate(${Math.round(Math.max(8, left))}px, ${Math.round(Math.max(8, top))}px)`
  }

  hide(): void {
    this.#element.hidden = true
  }
}
