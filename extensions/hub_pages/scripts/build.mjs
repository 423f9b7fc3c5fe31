/**
 * Bundle the scripts of the hub's pages into the Python package beside this folder, with
 * the licences of what becomes part of them.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const pathOf = path => fileURLToPath(new URL(path, import.meta.url));
const OUTPUT = pathOf('../mofang_hub_pages/dist');

/** The licences of the packages that are part of a script, as these ask for. */
function licensesOf({ inputs }) {
  const packages = new Set(
    Object.keys(inputs).flatMap(
      path => path.match(/.*node_modules\/(?:@[^/]+\/)?[^/]+/) ?? []
    )
  );
  return [...packages]
    .sort()
    .map(path => pathOf(`../${path}`))
    .map(folder => {
      const { name, version, license } = JSON.parse(
        readFileSync(join(folder, 'package.json'), 'utf8')
      );
      const files = readdirSync(folder).filter(each =>
        /^licen[cs]e/i.test(each)
      );
      const texts = files.map(each => readFileSync(join(folder, each), 'utf8'));
      return [`${name} ${version}: ${license}`, ...texts].join('\n\n');
    })
    .join('\n\n----\n\n');
}

const {
  outputFiles: [{ text }],
  metafile
} = await build({
  entryPoints: [pathOf('../../training/src/page/main.ts')],
  // Else comments name modules by where it was called.
  absWorkingDir: pathOf('..'),
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  format: 'iife',
  target: 'es2022',
  legalComments: 'inline',
  charset: 'utf8',
  alias: {
    '@mofang/shared': pathOf('../../shared/src/index.ts'),
    // Of the whole package, which has kernels and documents, only requests are needed.
    '@jupyterlab/services': '@jupyterlab/services/lib/serverconnection.js'
  },
  logLevel: 'warning'
});

mkdirSync(OUTPUT, { recursive: true });
writeFileSync(join(OUTPUT, 'jobs.js'), text);
writeFileSync(
  join(OUTPUT, 'jobs.licenses.txt'),
  `${licensesOf(metafile).trim()}\n`
);
