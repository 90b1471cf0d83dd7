/**
 * A model in ONNX's format, a protocol buffer: y = x · transposed(x), for x of n × d. Field numbers are those of
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export function matMulModel(rows: number, columns: number): Uint8Array {
  const graph = [
    field(1, node('Transpose', ['x'], 't')),
    field(1, node('MatMul', ['x', 't'], 'y')),
    field(2, text('all-pairs')),
    field(11, valueInfo('x', [rows, columns])),
    field(12, valueInfo('y', [rows, rows])),
  ].flat();
  const opset = [...field(1, []), ...number(2, 17)];
  return Uint8Array.from([...number(1, 8), ...field(7, graph), ...field(8, opset)]);
}

function node(operator: string, inputs: readonly string[], output: string): number[] {
  return [
    ...inputs.flatMap((input) => field(1, text(input))),
    ...field(2, text(output)),
    ...field(4, text(operator)),
  ];
}

const FLOAT = 1;

function valueInfo(name: string, shape: readonly number[]): number[] {
  const dimensions = shape.flatMap((size) => field(1, number(1, size)));
  const tensor = [...number(1, FLOAT), ...field(2, dimensions)];
  return [...field(1, text(name)), ...field(2, field(1, tensor))];
}

/** A field with bytes: a message or a text. */
function field(id: number, bytes: readonly number[]): number[] {
  return [...varint((id << 3) | 2), ...varint(bytes.length), ...bytes];
}

function number(id: number, value: number): number[] {
  return [...varint(id << 3), ...varint(value)];
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

function text(value: string): number[] {
  return [...Buffer.from(value)];
}
