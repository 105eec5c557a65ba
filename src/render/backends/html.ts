/** A page that pans, zooms and tells details, in one file that asks nobody for anything (html/page-format.ts, viewer/). */

import { loadBasemap } from '../basemap.ts'
import { frameLabel } from '../frame-points.ts'
import { htmlPage, type PageTime } from '../html/html-page.ts'
import { packPage } from '../html/page-data.ts'
import { pageRemarks } from '../html/page-remarks.ts'
import { pageWords } from '../html/page-words.ts'
import { readViewer } from '../html/viewer-files.ts'
import type { MapData } from '../map-data.ts'
import type { Backend } from './contract.ts'

/** A page of times that add up opens with all of them. */
const timeOf = ({ frames }: MapData): PageTime | null => {
  if (frames === undefined) return null
  const first = frames.cumulative ? frames.count - 1 : 0
  return { count: frames.count, first, label: frameLabel(frames, first) }
}

export const html: Backend = {
  name: 'html',
  help: 'one page to pan and zoom, with details of every place; works without a network',
  extensions: ['.html', '.htm'],
  mediaType: 'text/html',
  wordless: true,
  animated: true,
  remarks: (data, options, layer) => pageRemarks(data, options, layer),
  async write(drawing) {
    const [viewer, basemap] = await Promise.all([readViewer('viewer'), loadBasemap('50m')])
    const { bytes, points, paths } = packPage(drawing, basemap)
    const { data, theme } = drawing
    return htmlPage({
      words: pageWords(data, points, paths),
      theme,
      time: timeOf(data),
      searchable: points.cityNames.length > 1 || points.networkNames.length > 1 || points.addresses.length > 0,
      rankings: data.rankings ?? [],
      data: bytes,
      viewer,
    })
  },
}
