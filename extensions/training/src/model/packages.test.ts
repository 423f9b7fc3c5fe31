import assert from 'node:assert/strict';
import { test } from 'node:test';

import { trans } from './testDefaults';
import {
  changeText,
  packagesLabel,
  packagesSummary,
  type IPackageChange,
  type IPackages
} from './packages';

const ADDED: IPackageChange = {
  name: 'spheres',
  kind: 'added',
  version: '1.0',
  image_version: ''
};
const REMOVED: IPackageChange = {
  name: 'rings',
  kind: 'removed',
  version: '',
  image_version: '2.0'
};
const CHANGED: IPackageChange = {
  name: 'cubes',
  kind: 'changed',
  version: '3.0',
  image_version: '2.0'
};

function packages(change: Partial<IPackages>): IPackages {
  return {
    environment: 'pytorch',
    path: '/home/jovyan/.mofang/environments/pytorch',
    state: 'ready',
    changes: [],
    notice: '',
    ...change
  };
}

test('the status bar counts what differs', () => {
  assert.equal(packagesLabel(packages({}), trans), 'Packages: unchanged');
  const changes = [ADDED, CHANGED];
  assert.equal(
    packagesLabel(packages({ changes }), trans),
    'Packages: 2 changed'
  );
});

test('a directory that is not there says so', () => {
  const creating = packages({ state: 'creating' });
  const absent = packages({ state: 'absent' });
  assert.equal(packagesLabel(creating, trans), 'Packages: preparing…');
  assert.equal(packagesLabel(absent, trans), 'Packages: unavailable');
  assert.match(packagesSummary(creating, trans), /New kernels wait/);
  assert.match(
    packagesSummary(absent, trans),
    /kernels use those of the image/
  );
});

test('each kind of change is told with its versions', () => {
  assert.equal(changeText(ADDED, trans), '1.0 added');
  assert.equal(changeText(REMOVED, trans), '2.0 removed');
  assert.equal(changeText(CHANGED, trans), '2.0 → 3.0');
  const again = { ...CHANGED, version: '2.0' };
  assert.equal(changeText(again, trans), '2.0 reinstalled');
});
