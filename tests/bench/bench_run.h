/*
 * bench_run.h - a library with its index made of one set of data: built, timed, opened, ready to be asked.
 */

#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include "bench_table.h"
#include "vec.h"

#define BENCH_EF_CONSTRUCTION 200

struct bench_options {
	const char *cache;
	const char *folder;	/* libvec's collection is kept here, or taken from here; NULL: no */
	enum vec_codes codes;
	unsigned M;		/* of libvec; 0: its default */
};

/*
 * libvec, built anew by one thread and, when `two` is given, by two in another folder before; with its
 * index written, read again and checked (no node may be lost).  The calling thread is pinned when it
 * returns.
 */
void bench_run_vec(
    struct bench_run *r, const struct bench_set *s, const struct bench_options *o, bool two);

/*
 * A peer ("hnswlib", "faiss") by its `M`, from the cache, where it is put with the seconds it took by
 * one thread and, when `two` is given, by two.  False: this kind was not compiled in.
 */
bool bench_run_peer(struct bench_run *r, const char *kind, unsigned M, const struct bench_set *s,
    const struct bench_options *o, bool two);

void bench_run_close(struct bench_run *r);

#endif
