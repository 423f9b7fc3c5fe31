import { examplesPlugin } from './plugins/examples';
import { linksPlugin } from './plugins/links';
import { sourcesPlugin } from './plugins/sources';
import { spacePlugin } from './plugins/space';
import { versionsPlugin } from './plugins/versions';

export * from './tokens';

export default [
  examplesPlugin,
  linksPlugin,
  sourcesPlugin,
  spacePlugin,
  versionsPlugin
];
