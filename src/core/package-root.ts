/** Where the package's own files (data/, lab/, package.json) are, as seen from src/ or from dist/src/. Reads nothing. */

/** `file://…/` of the folder that holds package.json. */
export const packageRoot: URL = new URL(import.meta.url.endsWith('.ts') ? '../../' : '../../../', import.meta.url)
