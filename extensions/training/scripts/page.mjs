/**
 * Write the script of the hub's page of jobs from `src/page`; with --check, only compare.
 * The hub's package has it as it is here, so that it is built without Node.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const pathOf = path => fileURLToPath(new URL(path, import.meta.url));
const OUTPUT = pathOf('../../../hub/mofang_hub/pages/static/jobs.generated.js');
const BANNER = `/**
 * Made from extensions/training/src/page by scripts/page.mjs there; \`make page\` writes it.
 */`;

/** The licences of the packages that are part of the script, as these ask for. */
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
  entryPoints: [pathOf('../src/page/main.ts')],
  // Else comments name modules by where it was called.
  absWorkingDir: pathOf('..'),
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
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

const files = [
  [OUTPUT, text],
  [OUTPUT.replace(/\.js$/, '.licenses.txt'), `${licensesOf(metafile).trim()}\n`]
];
if (!process.argv.includes('--check')) {
  files.forEach(([path, content]) => writeFileSync(path, content));
} else if (
  files.some(([path, content]) => readFileSync(path, 'utf8') !== content)
) {
  process.stderr.write(
    'The script of the page of jobs is not that of its sources: run `make page`.\n'
  );
  process.exit(1);
}
