/** The files of the page: its document, script and style (scripts/build-viewer.mjs puts them there), and the ground of its map. */

import { packGround } from '../../render/html/ground-data.ts'
import { themeVariables } from '../../render/html/html-page.ts'
import { readViewer } from '../../render/html/viewer-files.ts'
import { styles } from '../../render/styles/index.ts'
import { pageDocument } from './page-document.ts'

interface PageFile {
  readonly type: string
  content(): Promise<Uint8Array<ArrayBuffer> | string>
}

/** By path. */
export type PageFiles = Readonly<Record<string, PageFile>>

const GROUNDS = ['dark', 'light'] as const

/** Made when it is first asked for, and kept. */
const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** @throws InterplotError ERR_INPUT_FILE when the page is not there. */
export const loadPageFiles = async (): Promise<PageFiles> => {
  const { script, style } = await readViewer('live')
  const [dark, light] = GROUNDS.map((name) => themeVariables(styles.get(name).theme))
  const sheet = `:root{${dark}}@media (prefers-color-scheme:light){:root{${light}}}${style}`
  const text = (type: string, content: string): PageFile => ({
    type: `${type}; charset=utf-8`,
    content: async () => content,
  })
  const grounds = GROUNDS.map((name): [string, PageFile] => [
    `/ground-${name}`,
    {
      type: 'application/octet-stream',
      content: once(async () => new Uint8Array(await packGround(styles.get(name).theme))),
    },
  ])
  return {
    '/': text('text/html', pageDocument),
    '/live.js': text('text/javascript', script),
    '/live.css': text('text/css', sheet),
    ...Object.fromEntries(grounds),
  }
}
