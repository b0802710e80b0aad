// The documents that follow from a tool's own tables: src/options.ts and src/columns.ts.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { packageFolders } from '../setup/workspace.mjs';

/** The folders of packages that are tools: those with both tables. */
export function toolFolders(folders = packageFolders()) {
  return folders.filter((folder) =>
    ['columns.ts', 'options.ts'].every((name) => existsSync(join(folder, 'src', name))),
  );
}

/**
 * What there is to say of a tool.
 *
 * @param {string} folder of its package
 * @returns {Promise<{ schema: string, options: string, fields: string }>} its JSON Schema, and the
 *   tables of its README in Markdown
 */
export async function describeTool(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const name = manifest.name.split('/')[1];
  const { columns, options, output } = await load(folder);
  const makers = Object.entries(columns).filter(([each]) => each.endsWith('Fields'));
  if (makers.length === 0) throw new Error(`${name}: columns.ts has to export a ...Fields()`);
  const kinds = makers.map(([each, make]) => [
    makers.length === 1 ? 'event' : each.slice(0, -'Fields'.length),
    make(output.unread, output.unread, output.unread),
  ]);
  const description = `${manifest.description}.`;
  const schema = output.jsonSchema(Object.fromEntries(kinds), { name, description });
  return {
    schema: `${JSON.stringify(schema, null, 2)}\n`,
    options: output.optionsMarkdown({ ...output.commonOptions, ...options }),
    fields: kinds.map((kind) => fieldsOf(output, kinds.length, kind)).join('\n\n'),
  };
}

/** The fields of one kind of event; under its name where there are several. */
function fieldsOf(output, kinds, [kind, fields]) {
  const table = output.fieldsMarkdown(fields);
  return kinds === 1 ? table : `**${kind[0].toUpperCase()}${kind.slice(1)}**\n\n${table}`;
}

async function load(folder) {
  // Where the packages that stay outside are found.
  const outfile = join(folder, 'node_modules', `.docs-${process.pid}.mjs`);
  await build({
    stdin: {
      contents: `
        export * as columns from './src/columns.ts';
        export { options } from './src/options.ts';
        export * as output from '@imagesnoop/output';`,
      resolveDir: folder,
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['@imagesnoop/loader'],
    banner: {
      js: "import { createRequire as anyRequire } from 'node:module';\nconst require = anyRequire(import.meta.url);",
    },
    logLevel: 'silent',
    outfile,
  });
  try {
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(outfile);
  }
}

/**
 * A README with one generated part replaced.
 *
 * @param {string} text
 * @param {string} part its name, as in `<!-- generated: options -->` ... `<!-- end -->`
 * @param {string} content
 * @returns {string | null} null when the README has no such part
 */
export function replacePart(text, part, content) {
  const begin = `<!-- generated: ${part} -->`;
  const end = '<!-- end -->';
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) return null;
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}
