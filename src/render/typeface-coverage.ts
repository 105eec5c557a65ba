/**
 * Which letters the shipped typeface has, by script and not one by one: Latin, Greek, Cyrillic, and the signs that all scripts
 * share. Painted pictures have boxes for the rest; a browser or a terminal takes another typeface for them.
 */

const LETTERS_OF_OTHERS = /[^\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Common}\p{Script=Inherited}]/u
/** Emoji from this plane on; below it, ©, ™ and arrows count as such, too. */
const PICTURES = /[\u{1f000}-\u{1faff}]/u

export const lacksLetters = (text: string): boolean => LETTERS_OF_OTHERS.test(text) || PICTURES.test(text)
