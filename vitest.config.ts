import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{src,test,rules,bench}/**/*.test.ts', 'scripts/**/*.test.mjs'],
    environment: 'node',
    // Processes, not threads: tests here start servers, send signals and load native parts, and one that hurts
    // its process must not hurt the others'.
    pool: 'forks',
    // The suite starts children of its own (servers, npm), so a worker for each core is already enough.
    maxWorkers: '100%',
    watch: false,
    // Against hanging alone, and far above what any test needs on a machine that others use too. A night's run of the property tests asks for millions of cases.
    testTimeout: process.env['TOCSIN_ORACLE_PAIRS'] === undefined ? 60_000 : 4 * 3_600_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    restoreMocks: true,
    unstubEnvs: true,
    reporters: ['default', './test/support/count-reporter.ts'],
  },
});
