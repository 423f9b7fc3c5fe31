import { tensorBoardPlugin } from './plugins/tensorboard';

export * from './tokens';

export default [tensorBoardPlugin];
