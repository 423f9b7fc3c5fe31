/**
 * Run the tests of the extension in the working directory: bundle them, since packages
 * of JupyterLab are made for bundlers and import style sheets, then let Node run them.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

import { build } from 'esbuild';

import { collecting, missingTests } from './rendered.mjs';

const OUTPUT = 'build/test';

const tests = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter(name => /\.test\.tsx?$/.test(name))
  .map(name => join('src', name));
rmSync(OUTPUT, { recursive: true, force: true });
await build({
  entryPoints: tests,
  outdir: OUTPUT,
  outbase: 'src',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  sourcemap: 'inline',
  loader: { '.svg': 'text', '.css': 'empty' },
  // They read files beside themselves, and have no part in a bundle.
  external: ['jsdom'],
  logLevel: 'warning',
  ...collecting
});
const bundleOf = name =>
  join(OUTPUT, name.slice('src/'.length)).replace(/\.tsx?$/, '.cjs');
const { status } = spawnSync(
  process.execPath,
  ['--enable-source-maps', '--test', ...tests.map(bundleOf)],
  { stdio: 'inherit' }
);
const missing = missingTests(
  tests.filter(name => name.endsWith('x')).map(bundleOf)
);
missing.forEach(sentence => process.stderr.write(`${sentence}\n`));
process.exit(status !== 0 || missing.length > 0 ? 1 : 0);
