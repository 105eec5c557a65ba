/** The box to look for a place in, opened by its button or by "/". Words of the data go in as text, never as HTML. */

import type { SearchEntry } from './search-index.ts'

export interface SearchParts {
  readonly box: HTMLElement
  readonly query: HTMLInputElement
  readonly list: HTMLElement
  readonly button: HTMLElement
  /** Gets the keys back. */
  readonly map: HTMLElement
}

export class SearchBox {
  readonly #parts: SearchParts
  readonly #find: (words: string) => SearchEntry[]
  readonly #go: (entry: SearchEntry) => void
  #found: SearchEntry[] = []
  #chosen = 0

  constructor(parts: SearchParts, find: (words: string) => SearchEntry[], go: (entry: SearchEntry) => void) {
    this.#parts = parts
    this.#find = find
    this.#go = go
    const { box, query, button } = parts
    button.addEventListener('click', () => (box.hidden ? this.open() : this.#close()))
    query.addEventListener('input', () => this.#look())
    query.addEventListener('keydown', (event) => this.#key(event))
    document.addEventListener('keydown', (event) => {
      if (event.key !== '/' || event.target === query || event.ctrlKey || event.metaKey || event.altKey) return
      event.preventDefault()
      this.open()
    })
  }

  open(): void {
    const { box, query } = this.#parts
    box.hidden = false
    query.focus()
    query.select()
    this.#look()
  }

  #close(): void {
    this.#parts.box.hidden = true
    this.#parts.map.focus()
  }

  #look(): void {
    this.#found = this.#find(this.#parts.query.value)
    this.#chosen = 0
    this.#show()
  }

  #show(): void {
    const { list, query } = this.#parts
    const rows = this.#found.map((entry, i) => {
      const row = document.createElement('li')
      row.id = `found-${i}`
      row.setAttribute('role', 'option')
      row.setAttribute('aria-selected', String(i === this.#chosen))
      const [name, amount] = [document.createElement('span'), document.createElement('span')]
      name.textContent = entry.text
      amount.textContent = entry.amount
      amount.className = 'count'
      row.append(name, amount)
      row.addEventListener('click', () => this.#take(entry))
      return row
    })
    if (rows.length === 0 && query.value.trim() !== '') {
      const none = document.createElement('li')
      none.className = 'none'
      none.textContent = 'nothing found'
      rows.push(none)
    }
    list.replaceChildren(...rows)
    if (this.#found.length > 0) query.setAttribute('aria-activedescendant', `found-${this.#chosen}`)
    else query.removeAttribute('aria-activedescendant')
  }

  #take(entry: SearchEntry): void {
    this.#close()
    this.#go(entry)
  }

  #key(event: KeyboardEvent): void {
    const { length } = this.#found
    const entry = this.#found[this.#chosen]
    if (event.key === 'Escape') this.#close()
    else if (event.key === 'Enter' && entry !== undefined) this.#take(entry)
    else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && length > 0) {
      this.#chosen = (this.#chosen + (event.key === 'ArrowDown' ? 1 : length - 1)) % length
      this.#show()
    } else return
    event.preventDefault()
  }
}
