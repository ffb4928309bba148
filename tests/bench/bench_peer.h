/*
 * bench_peer.h - the libraries that libvec is measured beside, behind one C face.
 *
 * hnswlib and faiss (HNSW over flat vectors), both as Debian has them; hnswlib's templates are
 * compiled here for this machine.
 */

#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct peer;

/*
 * An empty index of `kind` ("hnswlib", "faiss") for `n` vectors, by squared Euclidean distance or
 * by dot product.  NULL: this kind was not compiled in.
 */
struct peer *peer_new(const char *kind, size_t dim, int by_dot, size_t n, unsigned M,
    unsigned ef_construction);
void peer_free(struct peer *p);

/* Insert all `n` rows with so many threads. */
void peer_build(struct peer *p, const float *rows, size_t n, unsigned threads);

/* To a file and back; 0, or -1. */
int peer_save(struct peer *p, const char *path);
int peer_load(struct peer *p, const char *path);

/* The ids of up to k near ones, in any order; how many. */
size_t peer_search(struct peer *p, const float *q, size_t k, size_t ef, uint32_t *ids);

#ifdef __cplusplus
}
#endif

#endif
