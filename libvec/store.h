/*
 * store.h - the vector file, vectors.bin: a header and `capacity` records of equal size.
 *
 * Threads: the atomics are read by anyone; store_append, store_publish and store_sync lock for
 * themselves.  A row that was peeked is good until store_close.
 */

#ifndef LIBVEC_STORE_H
#define LIBVEC_STORE_H

#include <pthread.h>
#include <stdatomic.h>

#include "format.h"

/* A map of the whole file over address space that was reserved for its growth. */
struct store_map {
	struct store_map *older;
	unsigned char *base;
	uint64_t reserved;	/* bytes of address space */
	_Atomic uint64_t mapped; /* of them, bytes that show the file: whole pages */
	struct store *store;
	struct store_map *next, **place; /* among those of all stores, see store_fault.c */
};

struct store {
	int fd;			/* holds the flock */
	size_t dim;
	size_t stride;		/* bytes of a record */
	uint64_t least;		/* bytes to reserve at first */

	pthread_mutex_t lock;	/* guards maps and all writing to the file */
	struct store_map *maps;	/* newest first; [lock] */
	pthread_mutex_t sync;	/* one fdatasync at a time; taken before `lock` */

	/*
	 * Written under `lock`, each released after what it promises: a reader that takes
	 * `capacity` and then `rows` has a map of at least so many records.
	 */
	_Atomic(const unsigned char *) rows; /* record 0 in the newest map */
	_Atomic uint32_t capacity;
	_Atomic uint32_t appended; /* slots given */
	_Atomic uint32_t published;
	atomic_bool read_only;	/* an fdatasync failed */
	atomic_bool lost;	/* a map could not be filled, or the file is shorter than it was */
	atomic_bool scarce;	/* memory: the rows do not stay in it (store_advise) */
};

/*
 * Open vectors.bin in the folder `dir`, or make it when `create`.  `reserve` is the address space
 * to begin with; 0: the default.  Errors: those of vec_open.
 */
int store_open(int dir, size_t dim, bool create, uint64_t reserve, struct store **out,
    struct vec_error *err);
void store_close(struct store *s);

/* vec_trim. */
int store_trim(struct store *s, struct vec_error *err);

/*
 * All rows have been read or written: are they still in memory?  If many are not, they are read one by
 * one from now on, and without anything around them; asked again when there is room, as before.
 */
void store_advise(struct store *s);

/* How far a pass over rows has asked for them; begins with zeros. */
struct store_pass {
	unsigned char *asked;
};

/* Where rows do not stay in memory: a pass is at `from` and goes on to `to`; have what follows read. */
void store_ahead(const struct store *s, uint32_t from, uint32_t to, struct store_pass *pass);

/* The same of a few rows here and there: have them read side by side. */
void store_want(const struct store *s, const uint32_t *slots, size_t n);

/* The names of vectors.bin and of one that is being made. */
#define STORE_NAME "vectors.bin"
#define STORE_NAME_NEW "vectors.bin.new"

int store_append(struct store *s, const float *x, size_t n, uint32_t *first, struct vec_error *err);
int store_sync(struct store *s, struct vec_error *err);
int store_publish(struct store *s, uint32_t end, struct vec_error *err);

/* The header as it should be, on disk.  Errors: those of store_sync. */
int store_flush(struct store *s, struct vec_error *err);

/* Make room for `need` slots in file, header and map.  [lock] */
int store_grow_locked(struct store *s, uint32_t need, struct vec_error *err);

/* Map the first `bytes` of the file.  Old maps stay.  0 or VEC_ENOMEM.  [lock] */
int store_map_locked(struct store *s, uint64_t bytes, struct vec_error *err);
void store_unmap(struct store *s);

/* Write the header with n_vecs and capacity as they are.  0 or the errno.  [lock] */
int store_header_locked(struct store *s, uint32_t nvecs, uint32_t capacity);

/* 0, or VEC_ECORRUPT once the store is lost.  Asked after reading rows: they may have been zeros. */
int store_lost(const struct store *s, struct vec_error *err);

/* The same, and looks whether the file is as long as it must be. */
int store_check_length(struct store *s, struct vec_error *err);

/* A map is there, and is watched for faults (vec_fault); it is about to go. */
void store_watch(struct store_map *m);
void store_unwatch(struct store_map *m);

/* The record of a slot below `appended` or `capacity`, read before. */
static inline const float *
store_row(const struct store *s, uint32_t slot)
{
	const unsigned char *rows = atomic_load_explicit(&s->rows, memory_order_acquire);

	/* Record 0 is at 36: every float is aligned to 4 bytes. */
	return (const float *)(const void *)(rows + (size_t)slot * s->stride);
}

#endif
