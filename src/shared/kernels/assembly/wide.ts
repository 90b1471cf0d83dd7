/** The kernels for V8's revectorizer: see wide-block.ts. */
export { dotProducts, squaredDistances, squares } from './canonical';
export { leftStepsF32, multiplyF32, packF32, packLeftF32, stepsF32 } from './float32';
export { leftStepsI16, multiplyI16, packI16, packLeftI16, stepsI16 } from './int16';
export { leftStepsI8, multiplyI8, packI8, packLeftI8, stepsI8 } from './int8';
export { listBounds } from './list-bounds';
export { clamp, transpose } from './scores';
export { select, selectBoth } from './select';
