"""All-pairs cosine similarity in numpy, for numpy-peer.ts: as users write it, and as an expert does.

Arguments: the .npy file with the vectors, and the .npy file for answers. Prints one line when it is ready, then
for each line of JSON on standard input does that work, writes the answer, and prints how many milliseconds the work
took. An answer is an m x 3 matrix of source, target and similarity, or some rows of the dense matrix. Without
arguments it says what it is, and ends.
"""

import json
import sys
import time

try:
    import numpy as np
except ImportError as error:
    print(json.dumps({"missing": str(error)}), flush=True)
    sys.exit()

BLOCK = 512
EXPERT_BLOCKS = [(128, None), (256, None), (512, None), (1024, None), (256, 256), (512, 512)]
SAMPLED_ROWS = 64


def normalise(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def edges(vectors, threshold):
    x = normalise(vectors)
    found = []
    for start in range(0, len(x), BLOCK):
        scores = x[start : start + BLOCK] @ x.T
        rows, targets = np.nonzero(scores >= threshold)
        upper = targets > rows + start
        rows, targets = rows[upper], targets[upper]
        found.append((rows + start, targets, scores[rows, targets]))
    return join(found)


def edges_in_upper_blocks(vectors, threshold, height, width):
    """Multiplies only what lies on or above the diagonal, into memory that is used again."""
    x = normalise(vectors)
    n = len(x)
    width = width or n
    memory = np.empty(height * width, np.float32)
    found = []
    for top in range(0, n, height):
        rows = x[top : top + height]
        for left in range(top, n, width):
            columns = x[left : left + width]
            shape = len(rows), len(columns)
            scores = np.matmul(rows, columns.T, out=memory[: shape[0] * shape[1]].reshape(shape))
            hits = np.flatnonzero(scores >= threshold)
            sources, targets = np.divmod(hits, shape[1])
            if left == top:
                upper = targets > sources
                hits, sources, targets = hits[upper], sources[upper], targets[upper]
            found.append((sources + top, targets + left, scores.ravel()[hits]))
    return join(found)


def best_blocks(vectors, threshold):
    """The height and width of blocks that are the fastest here."""

    def best_of_two(blocks):
        return min(timed(lambda: edges_in_upper_blocks(vectors, threshold, *blocks))[1] for _ in range(2))

    return min(EXPERT_BLOCKS, key=best_of_two)


def nearest(vectors, k):
    x = normalise(vectors)
    n = len(x)
    found = []
    for start in range(0, n, BLOCK):
        scores = x[start : start + BLOCK] @ x.T
        rows = np.arange(len(scores))
        scores[rows, rows + start] = -np.inf
        best = np.argpartition(scores, n - k, axis=1)[:, n - k :]
        similarities = np.take_along_axis(scores, best, axis=1)
        order = np.argsort(-similarities, axis=1)
        found.append((np.take_along_axis(best, order, axis=1), np.take_along_axis(similarities, order, axis=1)))
    indices, similarities = join(found)
    return np.repeat(np.arange(n), k), indices.ravel(), similarities.ravel()


def dense_ssyrk(vectors):
    """numpy takes ssyrk if a matrix is multiplied by its own transpose."""
    x = normalise(vectors)
    return x @ x.T


def dense_sgemm(vectors):
    """With a transpose that is another array, numpy takes sgemm."""
    x = normalise(vectors)
    return x @ np.ascontiguousarray(x.T)


def join(found):
    return tuple(np.concatenate(column) for column in zip(*found))


def worker(vectors, request):
    """What does the work that is asked for; an expert's block sizes are chosen here, outside of what is timed."""
    work = request["work"]
    if work == "nearest":
        return lambda: nearest(vectors, request["k"])
    if work in ("dense-ssyrk", "dense-sgemm"):
        dense = dense_ssyrk if work == "dense-ssyrk" else dense_sgemm
        return lambda: dense(vectors)
    threshold = np.float32(request["threshold"])
    if work == "edges":
        return lambda: edges(vectors, threshold)
    blocks = chosen.setdefault(threshold, None) or best_blocks(vectors, threshold)
    chosen[threshold] = blocks
    return lambda: edges_in_upper_blocks(vectors, threshold, *blocks)


def timed(work):
    start = time.perf_counter()
    answer = work()
    return answer, 1000 * (time.perf_counter() - start)


def answer_rows(answer):
    if isinstance(answer, tuple):
        return np.column_stack(answer).astype(np.float32)
    return answer[np.arange(SAMPLED_ROWS) * len(answer) // SAMPLED_ROWS]


def wait_until_quiet():
    """BLAS threads spin for a while after their work; whoever runs next shall not share the processors with them."""
    for _ in range(100):
        before = time.process_time()
        time.sleep(0.01)
        if time.process_time() - before < 0.001:
            return


def describe():
    """Versions, and for which processor the BLAS picked its kernels."""
    parts = [f"numpy {np.__version__}"]
    try:
        from threadpoolctl import threadpool_info

        for blas in threadpool_info():
            if blas["user_api"] == "blas":
                facts = (blas["internal_api"], blas.get("version"), blas.get("architecture"))
                parts.append(" ".join(fact for fact in facts if fact))
    except ImportError:
        parts.append("BLAS unknown without threadpoolctl")
    return ", ".join(parts)


chosen = {}
if len(sys.argv) == 1:
    print(json.dumps({"description": describe()}), flush=True)
    sys.exit()
vectors_file, answer_file = sys.argv[1:]
vectors = np.load(vectors_file)
print(json.dumps({}), flush=True)
for line in sys.stdin:
    answer, elapsed_ms = timed(worker(vectors, json.loads(line)))
    np.save(answer_file, answer_rows(answer))
    del answer
    wait_until_quiet()
    print(json.dumps({"elapsedMs": elapsed_ms}), flush=True)
