/**
 * Write the script of the hub's page of jobs from `src/page`; with --check, only compare.
 * The hub's package has it as it is here, so that it is built without Node.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const pathOf = path => fileURLToPath(new URL(path, import.meta.url));
const OUTPUT = pathOf('../../../hub/mofang_hub/pages/static/jobs.generated.js');
const BANNER = `/**
 * Made from extensions/training/src/page by scripts/page.mjs there; \`make page\` writes it.
 */`;

const {
  outputFiles: [{ text }]
} = await build({
  entryPoints: [pathOf('../src/page/main.ts')],
  // Else comments name modules by where it was called.
  absWorkingDir: pathOf('..'),
  bundle: true,
  minify: true,
  write: false,
  format: 'iife',
  target: 'es2022',
  banner: { js: BANNER },
  legalComments: 'inline',
  charset: 'utf8',
  alias: {
    '@mofang/shared': pathOf('../../shared/src/index.ts'),
    // Of the whole package, which has kernels and documents, only requests are needed.
    '@jupyterlab/services': '@jupyterlab/services/lib/serverconnection.js'
  },
  logLevel: 'warning'
});

if (!process.argv.includes('--check')) {
  writeFileSync(OUTPUT, text);
} else if (readFileSync(OUTPUT, 'utf8') !== text) {
  process.stderr.write(
    'The script of the page of jobs is not that of its sources: run `make page`.\n'
  );
  process.exit(1);
}
