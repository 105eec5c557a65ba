// montage: sheet.ts out cols w files...
import { createCanvas, loadImage } from '@napi-rs/canvas'
import { writeFileSync } from 'node:fs'
const [out, cols, w, ...files] = process.argv.slice(2)
const imgs = await Promise.all(files.map((f) => loadImage(f)))
const W = Number(w), C = Number(cols)
const hs = imgs.map((i) => Math.round((i.height / i.width) * W))
const H = Math.max(...hs), R = Math.ceil(imgs.length / C)
const c = createCanvas(W * C, H * R), x = c.getContext('2d')
imgs.forEach((im, i) => x.drawImage(im, (i % C) * W, Math.floor(i / C) * H, W, hs[i]!))
writeFileSync(out!, c.toBuffer('image/png'))
