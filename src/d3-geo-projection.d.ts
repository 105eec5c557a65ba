/** The registry has no types for this package: what is used of it. */
declare module 'd3-geo-projection' {
  import type { GeoProjection } from 'd3-geo'

  export function geoRobinson(): GeoProjection
}
