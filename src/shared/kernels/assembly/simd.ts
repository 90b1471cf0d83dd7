/** The kernels for plain WebAssembly SIMD. */
export { dotProducts, squaredDistances, squares } from './canonical';
export { leftStepsF32, multiplyF32, packF32, packLeftF32, stepsF32 } from './float32';
export { leftStepsI16, multiplyI16, packI16, packLeftI16, stepsI16 } from './int16';
export { listBounds } from './list-bounds';
export { clamp, transpose } from './scores';
export { select, selectBoth } from './select';
