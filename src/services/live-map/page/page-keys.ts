/** Buttons and keys of the page; those of the map itself are in gestures.ts. */

import { byId } from '../../../render/viewer/element.ts'

export interface KeyActs {
  pause(): void
  /** The map has another size now. */
  fold(): void
  colours(): void
  clear(): void
}

export class PageKeys {
  readonly #acts: KeyActs

  constructor(acts: KeyActs) {
    this.#acts = acts
    byId('pause').addEventListener('click', () => acts.pause())
    byId('fold').addEventListener('click', () => this.#fold())
    document.addEventListener('keydown', (event) => this.#key(event))
  }

  #fold(): void {
    const folded = document.body.classList.toggle('folded')
    const button = byId('fold')
    button.setAttribute('aria-expanded', String(!folded))
    const words = folded ? 'Show the list (l)' : 'Hide the list (l)'
    button.setAttribute('aria-label', words)
    button.title = words
    this.#acts.fold()
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const target = event.target instanceof HTMLElement ? event.target : document.body
    const query = byId('query') as HTMLInputElement
    if (event.key === 'Escape') {
      if (target === query) {
        query.value = ''
        query.dispatchEvent(new Event('input'))
        query.blur()
      } else this.#acts.clear()
      return
    }
    const writing = target === query || target.tagName === 'SELECT'
    // A button takes the space for itself.
    if (writing || (event.key === ' ' && target.tagName === 'BUTTON')) return
    const act = this.#keys()[event.key]
    if (act === undefined) return
    event.preventDefault()
    act()
  }

  #keys(): Readonly<Record<string, () => void>> {
    return {
      ' ': () => this.#acts.pause(),
      l: () => this.#fold(),
      c: () => this.#acts.colours(),
      '/': () => {
        if (document.body.classList.contains('folded')) this.#fold()
        byId('query').focus()
      },
    }
  }
}
