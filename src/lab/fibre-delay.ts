/** What light in fibre makes of a distance. */

import { distanceKm, type Point } from '../core/great-circle.ts'

/** Two thirds of the speed of light. */
const FIBRE_KM_PER_MS = 200
/** Cables do not follow great circles: roads, coasts and landing points make them longer. */
const CABLE_DETOUR = 1.3

/** One way through a cable between two places, milliseconds. */
export const fibreDelayMs = (a: Point, b: Point): number => (distanceKm(a, b) * CABLE_DETOUR) / FIBRE_KM_PER_MS
