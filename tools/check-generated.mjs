#!/usr/bin/env node
// Schemas and README tables equal what the tools' tables say. Prints each that does not.
import { relative } from 'node:path';
import { reportIfMain } from './checks/report.mjs';
import { staleFiles } from './docs.mjs';
import { ROOT } from './setup/paths.mjs';

await reportIfMain(import.meta.url, async () => {
  const { stale, problems } = await staleFiles();
  const old = stale.map(({ path }) => `${relative(ROOT, path)}: out of date; run npm run docs`);
  return [...old, ...problems];
});
