/**
 * As many fused multiply-adds of four lanes as the processor can do: twelve chains that don't wait for each other,
 * twelve accumulators in registers, nothing from memory. An iteration is 12 × 4 × 2 floating-point operations. What
 * it returns only keeps the compiler from leaving the work out.
 */
export function fma(iterations: i32): i32 {
  const factor = f32x4.splat(0.5);
  const addend = f32x4.splat(1.0);
  let a = f32x4.splat(1.0);
  let b = f32x4.splat(2.0);
  let c = f32x4.splat(3.0);
  let d = f32x4.splat(4.0);
  let e = f32x4.splat(5.0);
  let f = f32x4.splat(6.0);
  let g = f32x4.splat(7.0);
  let h = f32x4.splat(8.0);
  let i = f32x4.splat(9.0);
  let j = f32x4.splat(10.0);
  let k = f32x4.splat(11.0);
  let l = f32x4.splat(12.0);
  while (iterations > 0) {
    a = f32x4.relaxed_madd(a, factor, addend);
    b = f32x4.relaxed_madd(b, factor, addend);
    c = f32x4.relaxed_madd(c, factor, addend);
    d = f32x4.relaxed_madd(d, factor, addend);
    e = f32x4.relaxed_madd(e, factor, addend);
    f = f32x4.relaxed_madd(f, factor, addend);
    g = f32x4.relaxed_madd(g, factor, addend);
    h = f32x4.relaxed_madd(h, factor, addend);
    i = f32x4.relaxed_madd(i, factor, addend);
    j = f32x4.relaxed_madd(j, factor, addend);
    k = f32x4.relaxed_madd(k, factor, addend);
    l = f32x4.relaxed_madd(l, factor, addend);
    iterations--;
  }
  const sum = f32x4.add(
    f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(f32x4.add(e, f), f32x4.add(g, h))),
    f32x4.add(f32x4.add(i, j), f32x4.add(k, l)),
  );
  return i32x4.extract_lane(sum, 0);
}
