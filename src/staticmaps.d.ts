/** The part of the npm package `staticmaps` 1.13 that is used; the package brings no types. */
declare module 'staticmaps' {
  /** A tile that is wanted: `box` is left, top, right, bottom in pixels of the picture. */
  export interface WantedTile {
    url: string
    box: [number, number, number, number]
  }

  export interface FoundTile extends WantedTile {
    body: Buffer
  }

  export type TileOutcome = { success: true; tile: FoundTile } | { success: false; error?: unknown }

  export interface StaticMapsOptions {
    width: number
    height: number
    /** Never null or missing: the package would then ask a public server. */
    tileUrl: string
    tileSize?: number
    tileRequestLimit?: number
    tileRequestHeader?: Record<string, string>
    zoomRange?: { min: number; max: number }
  }

  export interface MarkerOptions {
    img: string
    width: number
    height: number
    offsetX?: number
    offsetY?: number
    coord: [longitude: number, latitude: number]
  }

  export default class StaticMaps {
    constructor(options: StaticMapsOptions)
    addMarker(marker: MarkerOptions): void
    render(center?: [longitude: number, latitude: number], zoom?: number): Promise<unknown>
    protected calculateZoom(): number
    protected getTile(wanted: WantedTile): Promise<TileOutcome>
    readonly image: {
      /** PNG as it was composed. */
      readonly image: Buffer
      /** Decodes a tile and cuts off what lies outside. */
      prepareTileParts(tile: FoundTile): Promise<{ success: boolean }>
      /** Encodes it again: as `image/png` with at most 256 colours. */
      buffer(mime?: string): Promise<Buffer>
      save(path: string): Promise<unknown>
    }
  }
}
