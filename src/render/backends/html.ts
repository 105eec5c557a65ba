/** A page that pans, zooms and tells details, in one file that asks nobody for anything (html/page-format.ts, viewer/). */

import { readFile } from 'node:fs/promises'
import { InterplotError } from '../../core/errors.ts'
import { packageRoot } from '../../core/package-root.ts'
import { loadBasemap } from '../basemap.ts'
import { htmlPage, type ViewerFiles } from '../html/html-page.ts'
import { packPage } from '../html/page-data.ts'
import { pageWords } from '../html/page-words.ts'
import type { Backend } from './contract.ts'

/** scripts/build-viewer.mjs puts them there. */
const readViewer = async (): Promise<ViewerFiles> => {
  const read = (name: string): Promise<string> => readFile(new URL(`dist/viewer/${name}`, packageRoot), 'utf8')
  try {
    const [script, style] = await Promise.all([read('viewer.js'), read('viewer.css')])
    return { script, style }
  } catch (cause) {
    throw new InterplotError('ERR_INPUT_FILE', 'the script of HTML pages is not there', {
      advice: 'In a checkout of the source run: npm run build. Otherwise install interplot again.',
      cause,
    })
  }
}

export const html: Backend = {
  name: 'html',
  help: 'one page to pan and zoom, with details of every place; works without a network',
  extensions: ['.html', '.htm'],
  mediaType: 'text/html',
  wordless: true,
  async write(drawing) {
    const [viewer, basemap] = await Promise.all([readViewer(), loadBasemap('50m')])
    const { bytes, points, paths } = packPage(drawing, basemap)
    const { data, theme } = drawing
    return htmlPage({
      words: pageWords(data, points, paths),
      theme,
      rankings: data.rankings ?? [],
      data: bytes,
      viewer,
    })
  },
}
