/** Characters that would be markup, as references: right in XML and HTML, in text and in attributes in quotes. */

const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export const escapeMarkup = (text: string): string => text.replace(/[&<>"']/g, (character) => REFERENCES[character]!)
