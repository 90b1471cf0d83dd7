import { SharedMatrix } from 'millrace';
import { sampledRows } from '../sampled-rows.js';
import { loadPackage } from './load-package.js';
import { matMulModel } from './onnx-model.js';
import { unitRows } from './unit-rows.js';
import type { NativePeer } from './work.js';

interface Tensor {
  readonly data: Float32Array;
  dispose(): void;
}

interface Onnxruntime {
  Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => Tensor;
  InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{ run(feeds: { x: Tensor }): Promise<{ y: Tensor }> }>;
  };
}

/** X · Xᵀ of unit rows, by a model with a transposition and a multiplication, which the runtime makes one. */
export async function loadOnnxruntime(vectors: SharedMatrix, threads: number): Promise<NativePeer> {
  const { InferenceSession, Tensor } = loadPackage<Onnxruntime>('onnxruntime-node');
  const { rows, columns } = vectors;
  const session = await InferenceSession.create(matMulModel(rows, columns), {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  return {
    async run() {
      const { y } = await session.run({ x: new Tensor('float32', unitRows(vectors), [rows, columns]) });
      return () => {
        const sampled = SharedMatrix.fromFlat(sampledRows(y.data, rows), rows);
        y.dispose();
        return sampled;
      };
    },
  };
}
