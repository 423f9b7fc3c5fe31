import { shellPlugin } from './plugins/shell';

export * from './tokens';

export default [shellPlugin];
