import { defineConfig } from 'vitest/config';

// Test files are packages/*/test/**/*.test.ts and tools/**/test/*.test.ts. Those called
// *.kernel.test.ts need root and load programs into the running kernel: they go one at a time,
// after the others, since two of them at once would see each other's workload. Those called
// *.packages.test.ts test what is published; tools/test.mjs runs them when it is asked to.
const here = ['packages/*/test', 'tools/**/test'];
const templates = ['**/node_modules/**', 'tools/new-tool/template/**'];
const kernel = here.map((folder) => `${folder}/**/*.kernel.test.ts`);
const packages = ['tools/packages/test/*.packages.test.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: here.map((folder) => `${folder}/**/*.test.ts`),
          exclude: [...kernel, ...packages, ...templates],
          testTimeout: 30_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'kernel',
          include: kernel,
          exclude: templates,
          pool: 'forks',
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'packages',
          include: packages,
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
