/**
 * As many fused multiply-adds of four lanes as the processor can do: twelve chains that don't wait for each other,
 * twelve accumulators in registers, nothing from memory. An iteration is 12 × 4 × 2 floating-point operations. What
 * comes back only keeps the compiler from leaving the work out.
 */
@inline
function chains(iterations: i32, left: v128, right: v128): i32 {
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
    a = f32x4.relaxed_madd(left, right, a);
    b = f32x4.relaxed_madd(left, right, b);
    c = f32x4.relaxed_madd(left, right, c);
    d = f32x4.relaxed_madd(left, right, d);
    e = f32x4.relaxed_madd(left, right, e);
    f = f32x4.relaxed_madd(left, right, f);
    g = f32x4.relaxed_madd(left, right, g);
    h = f32x4.relaxed_madd(left, right, h);
    i = f32x4.relaxed_madd(left, right, i);
    j = f32x4.relaxed_madd(left, right, j);
    k = f32x4.relaxed_madd(left, right, k);
    l = f32x4.relaxed_madd(left, right, l);
    iterations--;
  }
  const sum = f32x4.add(
    f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(f32x4.add(e, f), f32x4.add(g, h))),
    f32x4.add(f32x4.add(i, j), f32x4.add(k, l)),
  );
  return i32x4.extract_lane(sum, 0);
}

/** The factors come from the argument: the V8 of Node 24 and 26 makes a constant vector anew at each use. */
export function fma(iterations: i32): i32 {
  return chains(iterations, f32x4.splat(1 / f32(iterations)), f32x4.splat(0.5 / f32(iterations)));
}

/** The factors are constants: the V8 of Node 20 and 22 is half as fast with others. */
export function fmaOfConstants(iterations: i32): i32 {
  return chains(iterations, f32x4.splat(0.5), f32x4.splat(0.25));
}
