/** The document of the live map: no data in it, they come by the stream. Its script and style are files beside it (web-app.ts). */

const icon = (path: string): string => `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg>`

const button = (id: string, label: string, path: string, more = ''): string =>
  `<button type="button" id="${id}" aria-label="${label}" title="${label}"${more}>${icon(path)}</button>`

const CONTROLS = [
  button('zoom-in', 'Zoom in', 'M12 5v14M5 12h14'),
  button('zoom-out', 'Zoom out', 'M5 12h14'),
  button('home', 'Show everything', 'M4 11l8-7 8 7M6.5 9.5V19h11V9.5'),
].join('')

const PAUSE = `<button type="button" id="pause" aria-label="Pause" aria-pressed="false" title="Pause (space)"><svg viewBox="0 0 24 24" aria-hidden="true"><path class="go" d="M8 5.5v13l10.5-6.5z"/><path class="stop" d="M8.5 6v12M15.5 6v12"/></svg></button>`

const SORTS = [
  ['rate', 'Fastest'],
  ['bytes', 'Most bytes'],
  ['newest', 'Newest'],
  ['oldest', 'Longest'],
  ['name', 'Name'],
]
  .map(([value, label]) => `<option value="${value}">${label}</option>`)
  .join('')

export const pageDocument = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="generator" content="interplot">
<link rel="icon" href="data:,">
<title>interplot live</title>
<link rel="stylesheet" href="/live.css">
</head>
<body>
<canvas id="map" tabindex="0" role="application" aria-label="Map of the connections. Arrow keys move it, plus and minus zoom, 0 shows everything, Enter tells what is in the middle. The list beside it has the same."></canvas>
<canvas id="still" aria-hidden="true"></canvas>
<canvas id="moving" aria-hidden="true"></canvas>
<section id="legend" aria-label="Legend" hidden></section>
<nav id="controls" aria-label="Map">${CONTROLS}</nav>
<footer><ul id="attributions"></ul></footer>
<main id="panel">
<header id="bar">
<div id="names"><h1 id="title">interplot</h1><p id="state" role="status">connecting …</p></div>
${PAUSE}
${button('fold', 'Hide the list (l)', 'M9 6l6 6-6 6', ' aria-expanded="true" aria-controls="rest"')}
</header>
<div id="rest">
<section id="totals" aria-label="Totals" hidden>
<p class="total"><b id="bits"></b><span id="packets"></span></p>
<canvas id="spark" role="img" aria-label="Bits a second, the last two minutes"></canvas>
</section>
<p id="counts"></p>
<p id="losses" hidden></p>
<div id="tabs" role="tablist" aria-label="Lists" hidden>
<button type="button" role="tab" id="tab-connections" aria-controls="connections" aria-selected="true">Connections</button>
<button type="button" role="tab" id="tab-bans" aria-controls="bans" aria-selected="false" tabindex="-1">Bans</button>
</div>
<div id="tools">
<input type="search" id="query" aria-label="Find a name, address, country, network or process" placeholder="Name, address, country, network …" autocomplete="off" spellcheck="false">
<select id="sort" aria-label="Order">${SORTS}</select>
</div>
<p id="chip" hidden><bdi id="chip-name"></bdi><button type="button" id="chip-end">Show all</button></p>
<section id="connections" role="tabpanel" aria-labelledby="tab-connections"><ul id="list"></ul><p id="more"></p></section>
<section id="bans" role="tabpanel" aria-labelledby="tab-bans" hidden><ul id="ban-list"></ul><p id="no-bans">No bans yet</p></section>
</div>
</main>
<div id="tip" role="status" aria-live="polite" hidden></div>
<noscript><p id="noscript">This map is drawn by a script; the browser does not run it.</p></noscript>
<script src="/live.js"></script>
</body>
</html>
`
