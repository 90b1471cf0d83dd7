"""All-pairs cosine similarity as users of numpy write it, for python-peer.ts.

Arguments: the .npy file with the vectors, and the .npy file for answers. Prints one line when it is ready, then
for each line of JSON on standard input does that work, writes the pairs it found as an m x 3 matrix of source,
target and similarity, and prints how many milliseconds the work took.
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
    return tuple(np.concatenate(column) for column in zip(*found))


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
    indices, similarities = (np.concatenate(column) for column in zip(*found))
    return np.repeat(np.arange(n), k), indices.ravel(), similarities.ravel()


def run(vectors, request):
    if request["work"] == "edges":
        return edges(vectors, np.float32(request["threshold"]))
    return nearest(vectors, request["k"])


vectors_file, answer_file = sys.argv[1:]
vectors = np.load(vectors_file)
print(json.dumps({"numpy": np.__version__}), flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    columns = run(vectors, json.loads(line))
    elapsed_ms = 1000 * (time.perf_counter() - start)
    np.save(answer_file, np.column_stack(columns).astype(np.float32))
    print(json.dumps({"elapsedMs": elapsed_ms}), flush=True)
