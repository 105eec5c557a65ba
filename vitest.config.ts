import { defineConfig } from 'vitest/config'

/** Tests of the built program and of the kernel: they need `npm run build`, some need root. One file after the other. */
const SYSTEM_TESTS = ['test/e2e/**/*.test.ts', 'test/lab-root/**/*.test.ts']

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    globalSetup: 'scripts/build-viewer.mjs',
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: SYSTEM_TESTS, testTimeout: 20_000 },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: SYSTEM_TESTS,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
