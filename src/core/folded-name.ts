/**
 * Names as people type them: without regard to case and accents, and what was likely meant by a name that nobody has.
 * Letters that Unicode does not decompose (NFD) are written as they usually are in ASCII.
 */

const PLAIN: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
  '’': "'",
}
const ASCII = /^[ -~]*$/

/** `São Paulo` and `SAO PAULO` → `sao paulo` */
export const foldName = (name: string): string => {
  const lower = name.trim().toLowerCase()
  if (ASCII.test(lower)) return lower
  return lower
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[ßæœøłđðþı’]/g, (letter) => PLAIN[letter]!)
}

/** Letters to change, insert, leave out or swap with the next (restricted Damerau-Levenshtein); more than `most` is `most + 1`. */
const distance = (a: string, b: string, most: number): number => {
  if (Math.abs(a.length - b.length) > most) return most + 1
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      let least = Math.min(changed, row[j]! + 1, next[j - 1]! + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1)
      next.push(least)
    }
    if (Math.min(...next) > most) return most + 1
    before = row
    row = next
  }
  return row[b.length]!
}

const SUGGESTIONS = 3

/** Up to three names like the given one, the likeliest first. @param names folded name → the name as it is shown. */
export const nearNames = (given: string, names: ReadonlyMap<string, string>): string[] => {
  const wanted = foldName(given)
  const most = Math.max(1, Math.floor(wanted.length / 4))
  const found: [far: number, name: string][] = []
  for (const [folded, name] of names) {
    const far = wanted.length > 2 && folded.startsWith(wanted) ? 1 : distance(wanted, folded, most)
    if (far <= most) found.push([far, name])
  }
  found.sort((a, b) => a[0] - b[0] || a[1].length - b[1].length || (a[1] < b[1] ? -1 : 1))
  return [...new Set(found.map(([, name]) => name))].slice(0, SUGGESTIONS)
}
