/**
 * Which exported React components the tests of components (`*.test.tsx`) have rendered.
 * That a module is imported does not say that it was drawn, so that each component
 * notes its name when it is called.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';

/** Components that no test renders, each with the reason. */
const EXCEPTIONS = {};

const COMPONENTS = [
  // A function, as `export function Legend(`.
  /^export function ([A-Z]\w*)[(<]/gm,
  // A memoized function.
  /^export const ([A-Z]\w*) = React\.memo\(/gm,
  // A widget that renders, or a class component.
  /^export class ([A-Z]\w*)\s+extends (?:ReactWidget|VDomRenderer|React\.Component)\b/gm
];

/** Put before each bundle; at its end the process writes what was rendered. */
const COLLECT = `
{
  const names = new Set();
  const noting = (name, call) => function (...args) {
    names.add(name);
    return call.apply(this, args);
  };
  globalThis.mofangNoteRendered = (name, component) => {
    if (component.prototype?.render) {
      component.prototype.render = noting(name, component.prototype.render);
    } else if (typeof component === 'function') {
      return noting(name, component);
    } else {
      component.type = noting(name, component.type);
    }
    return component;
  };
  process.on('exit', () =>
    require('node:fs').writeFileSync(__filename + '.rendered', [...names].join('\\n'))
  );
}`;

/** Names of the components that a module exports. */
function componentsOf(text) {
  return COMPONENTS.flatMap((pattern, kind) =>
    [...text.matchAll(pattern)].map(([, name]) => ({
      name,
      isFunction: kind === 0
    }))
  );
}

function isModule(path) {
  return /\.tsx?$/.test(path) && !/\.(test|generated)\.tsx?$/.test(path);
}

/** What esbuild needs, so that components note that they are rendered. */
export const collecting = {
  banner: { js: COLLECT },
  plugins: [
    {
      name: 'rendered',
      setup(build) {
        build.onLoad({ filter: /\/src\/.*\.tsx?$/ }, ({ path }) => {
          const module = relative(process.cwd(), path);
          if (module.startsWith('..') || !isModule(path)) {
            return null;
          }
          const text = readFileSync(path, 'utf8');
          const notes = componentsOf(text).map(({ name, isFunction }) => {
            const noted = `globalThis.mofangNoteRendered('${module}: ${name}', ${name});`;
            return isFunction ? `${name} = ${noted}` : noted;
          });
          const loader = path.endsWith('x') ? 'tsx' : 'ts';
          return { contents: [text, ...notes].join('\n'), loader };
        });
      }
    }
  ]
};

/**
 * What is wrong with the tests of the package in the working directory.
 *
 * @param bundles - The bundles of its tests of components, which have run.
 */
export function missingTests(bundles) {
  const all = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .map(name => join('src', name))
    .filter(isModule)
    .flatMap(module =>
      componentsOf(readFileSync(module, 'utf8')).map(
        ({ name }) => `${module}: ${name}`
      )
    );
  const rendered = new Set(
    bundles
      .map(bundle => `${bundle}.rendered`)
      .filter(existsSync)
      .flatMap(file => readFileSync(file, 'utf8').split('\n'))
  );
  return all.flatMap(name => {
    if (rendered.has(name)) {
      return name in EXCEPTIONS
        ? [`${name} is rendered by a test: remove its exception.`]
        : [];
    }
    return name in EXCEPTIONS
      ? []
      : [`${name} is rendered by no *.test.tsx: write one.`];
  });
}
