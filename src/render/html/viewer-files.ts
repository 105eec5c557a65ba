/** Scripts and style sheets of pages: scripts/build-viewer.mjs puts them into dist/viewer/. */

import { readFile } from 'node:fs/promises'
import { InterplotError } from '../../core/errors.ts'
import { packageRoot } from '../../core/package-root.ts'

export interface ViewerFiles {
  readonly script: string
  readonly style: string
}

/** @param name `viewer`: of HTML maps; `live`: of the live map. @throws InterplotError ERR_INPUT_FILE */
export const readViewer = async (name: 'viewer' | 'live'): Promise<ViewerFiles> => {
  const read = (file: string): Promise<string> => readFile(new URL(`dist/viewer/${file}`, packageRoot), 'utf8')
  try {
    const [script, style] = await Promise.all([read(`${name}.js`), read(`${name}.css`)])
    return { script, style }
  } catch (cause) {
    throw new InterplotError('ERR_INPUT_FILE', 'the script of HTML pages is not there', {
      advice: 'In a checkout of the source run: npm run build. Otherwise install interplot again.',
      cause,
    })
  }
}
