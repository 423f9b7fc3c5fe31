import { sourcesPlugin } from './plugins/sources';
import { spacePlugin } from './plugins/space';
import { versionsPlugin } from './plugins/versions';

export * from './tokens';

export default [sourcesPlugin, spacePlugin, versionsPlugin];
