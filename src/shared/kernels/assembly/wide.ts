/** The kernels for V8's revectorizer: see float32-wide.ts. */
export { dotProducts, squaredDistances, squares } from './canonical';
export { leftStepsF32, multiplyF32, packF32, packLeftF32, stepsF32 } from './float32';
export { listBounds } from './list-bounds';
export { clamp, transpose } from './scores';
export { select, selectBoth } from './select';
