import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

const WORKSPACE = dirname(process.cwd());
const IMPORT = /^(?:import|export)\b[^;]*?\bfrom\s+'(\.[^']*)'/gm;
const EXTENSIONS = ['.ts', '.tsx', '/index.ts'];

/** Packages of the workspace that have modules of their own. */
function packages(): string[] {
  const path = join(WORKSPACE, 'package.json');
  const { workspaces } = JSON.parse(readFileSync(path, 'utf8')) as {
    workspaces: string[];
  };
  return workspaces.filter(name => existsSync(join(WORKSPACE, name, 'src')));
}

/** Every module of a package, with the modules it imports; types count as well. */
function importGraph(name: string): Map<string, string[]> {
  const source = join(WORKSPACE, name, 'src');
  const names = readdirSync(source, { recursive: true, encoding: 'utf8' });
  const modules = new Set(names.filter(name => /\.tsx?$/.test(name)));
  const graph = new Map<string, string[]>();
  for (const module of modules) {
    const text = readFileSync(join(source, module), 'utf8');
    const imports = [...text.matchAll(IMPORT)].flatMap(([, target]) => {
      const path = normalize(join(dirname(module), target));
      return EXTENSIONS.map(end => path + end).filter(each =>
        modules.has(each)
      );
    });
    graph.set(module, imports);
  }
  return graph;
}

/** The modules of one cycle, in the order of their imports; empty without one. */
function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const finished = new Set<string>();
  const visit = (name: string, path: string[]): string[] => {
    if (path.includes(name)) {
      return [...path.slice(path.indexOf(name)), name];
    }
    if (finished.has(name)) {
      return [];
    }
    for (const next of graph.get(name) ?? []) {
      const cycle = visit(next, [...path, name]);
      if (cycle.length > 0) {
        return cycle;
      }
    }
    finished.add(name);
    return [];
  };
  for (const name of graph.keys()) {
    const cycle = visit(name, []);
    if (cycle.length > 0) {
      return cycle;
    }
  }
  return [];
}

for (const name of packages()) {
  test(`modules of ${name} do not import each other in a cycle`, () => {
    const graph = importGraph(name);
    assert.ok([...graph.values()].flat().length > 0, 'no imports');
    assert.deepEqual(findCycle(graph), []);
  });
}

test('a cycle is found, through any number of modules', () => {
  const graph = new Map([
    ['index', ['a']],
    ['a', ['b', 'c']],
    ['b', ['c']],
    ['c', ['a']]
  ]);
  assert.deepEqual(findCycle(graph), ['a', 'b', 'c', 'a']);
});
