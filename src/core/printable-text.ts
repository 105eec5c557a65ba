/**
 * Text of strangers for a terminal or a picture: what steers a terminal (C0 and C1 controls, DEL: ECMA-48) or turns the order of
 * letters round (bidirectional controls: UAX #9, section 2) becomes one mark.
 */

const MARK = '\uFFFD'
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const STEERING = /[\u0000-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g
/** Longer than any name of a place. */
const LENGTH_MAX = 200

/** @param lengthMax letters that are kept. */
export const printableText = (text: string, lengthMax = LENGTH_MAX): string => {
  const shown = (text.length > lengthMax ? text.slice(0, lengthMax) : text).replace(STEERING, MARK)
  return text.length > lengthMax ? `${shown}…` : shown
}
