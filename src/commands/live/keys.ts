/** Keys out of what a terminal sends: characters, control characters, and the sequences of ECMA-48 and of the VT100's cursor keys. */

/** A printable character stands for itself. */
export type Key = string

const SEQUENCES: Readonly<Record<string, Key>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  Z: 'shift-tab',
  H: 'home',
  F: 'end',
  '1~': 'home',
  '4~': 'end',
  '5~': 'page-up',
  '6~': 'page-down',
}

const CONTROLS: Readonly<Record<string, Key>> = {
  '\u0003': 'ctrl-c',
  '\b': 'backspace',
  '\u000c': 'ctrl-l',
  '\u0015': 'ctrl-u',
  '\u001a': 'ctrl-z',
  '\u007f': 'backspace',
  '\t': 'tab',
  '\r': 'enter',
  '\n': 'enter',
}

const ESCAPE = '\u001b'
// biome-ignore lint/suspicious/noControlCharactersInRegex: keys come as control sequences.
const WHOLE = /^\u001b(?:\[[0-9;?]*[ -/]*([@-~])|O([@-~]))/
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const BEGUN = /^\u001b(?:\[[0-9;?]*[ -/]*|O)?$/
/** No key is longer. */
const MOST_PENDING = 32

export interface KeyReader {
  /** @returns the keys that are whole. */
  read(text: string): Key[]
  /** Nothing came any more: what is pending was the escape key. */
  flush(): Key[]
  pending(): boolean
}

const nameOf = (sequence: string): Key => SEQUENCES[sequence.slice(2).replace(/^1;\d+/, '')] ?? 'unknown'

export const makeKeyReader = (): KeyReader => {
  let rest = ''
  return {
    pending: () => rest !== '',
    read(text) {
      const keys: Key[] = []
      rest += text
      while (rest !== '') {
        const whole = WHOLE.exec(rest)
        if (whole !== null) {
          keys.push(nameOf(whole[0]))
          rest = rest.slice(whole[0].length)
        } else if (BEGUN.test(rest) && rest.length < MOST_PENDING) break
        else {
          const [character] = rest as unknown as [string]
          const first = String.fromCodePoint(rest.codePointAt(0)!)
          rest = rest.slice(first.length)
          keys.push(
            character === ESCAPE ? 'escape' : (CONTROLS[first] ?? (/^\p{Cc}$/u.test(first) ? 'unknown' : first)),
          )
        }
      }
      return keys
    },
    flush() {
      const keys = rest === '' ? [] : rest === ESCAPE ? ['escape'] : ['unknown']
      rest = ''
      return keys
    },
  }
}
