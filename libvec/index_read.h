/*
 * index_read.h - reading stretches of hnsw.index, each from its beginning to its end.
 */

#ifndef LIBVEC_INDEX_READ_H
#define LIBVEC_INDEX_READ_H

#include "index.h"

#define INDEX_TAKE_MAX 1024	/* bytes that can be taken at once */

/* One thread's.  Reading goes on after a failure, with zeros. */
struct index_reader {
	int fd;
	uint64_t at;
	unsigned char *buffer;
	size_t n, used;		/* bytes in the buffer, and of them taken */
	uint64_t left;		/* of the stretch, not in the buffer yet */
	uint32_t crc;		/* of what was read of it */
	bool failed;
};

/* False: no memory. */
bool index_reader_init(struct index_reader *r, int fd);
void index_reader_fini(struct index_reader *r);

/* Read the `bytes` at `at` from here on. */
void index_reader_begin(struct index_reader *r, uint64_t at, uint64_t bytes);

/* The next `n` bytes, n at most INDEX_TAKE_MAX. */
const unsigned char *index_reader_take(struct index_reader *r, size_t n);

/* The stretch was read, wholly. */
bool index_reader_end(const struct index_reader *r);

/* Is the slot a node, by the section of levels? */
static inline bool
index_is_node(const unsigned char *levels, uint32_t slot)
{
	return levels[slot] != 0 && levels[slot] != INDEX_COPY;
}

/*
 * The list of a node on one level, checked: its links go to other nodes of the level below `slots`, none
 * twice.  *balance stays 0 over all lists when each link has its counterpart.
 */
bool index_list_load(struct graph *g, struct index_reader *r, uint32_t slot, uint32_t level,
    uint32_t slots, const unsigned char *levels, uint64_t *balance);

/*
 * Make nodes of all that are some below `slots`: their codes, and their lists on level 0, read from `at`
 * on; in pieces, by the crew.  `nodes` says how many there are in each segment.  NULL with *crc of all that
 * was read, or why not.
 */
const char *index_base_load(struct graph *g, int fd, struct crew *crew, uint64_t at, uint32_t slots,
    const unsigned char *levels, const uint32_t *nodes, uint32_t *crc, uint64_t *balance);

#endif
