/*
 * index.h - hnsw.index: the graph on disk.
 *
 * Little-endian.  A header of 128 bytes:
 *
 *	0-7	magic 'VECHNSW\0'
 *	8-11	version, 2
 *	12-15	metric
 *	16-23	identity	} of the vectors.bin it belongs to
 *	24-31	generation	}
 *	32-39	seed
 *	40-43	dim
 *	44-47	M
 *	48-51	ef_construction
 *	52-55	slots covered
 *	56-59	nodes
 *	60-63	entry point, slot + 1; 0: none
 *	64-111	four sections, each: bytes u64, CRC32C u32
 *	112-123	zeros
 *	124-127	CRC32C of bytes 0-123
 *
 * and the sections, one after the other:
 *
 *	levels	a byte for each slot covered: its level + 1 for a node, 255 for a copy, else 0
 *	base	2M links for each node: slot + 1, then zeros
 *	upper	M links for each level from 1 of each node
 *	copies	for each copy its node, as slot + 1
 *
 * Norms and codes are not kept: they follow from the vectors, and are made again while the file is
 * read.
 */

#ifndef LIBVEC_INDEX_H
#define LIBVEC_INDEX_H

#include "crew.h"
#include "graph.h"

#define INDEX_NAME "hnsw.index"
#define INDEX_HEADER 128
#define INDEX_VERSION 2
#define INDEX_COPY 255

enum index_section {
	INDEX_LEVELS,
	INDEX_BASE,
	INDEX_UPPER,
	INDEX_COPIES,
	INDEX_NSECTIONS
};

struct index_header {
	uint32_t metric, dim, M, ef_construction;
	uint64_t identity, generation, seed;
	uint32_t slots, nodes, entry;
	struct {
		uint64_t bytes;
		uint32_t crc;
	} section[INDEX_NSECTIONS];
};

void index_header_put(unsigned char bytes[INDEX_HEADER], const struct index_header *h);

/* Read a header: magic, version and checksum.  False and why not. */
bool index_header_get(const unsigned char bytes[INDEX_HEADER], struct index_header *h,
    const char **why);

/*
 * Write the graph to hnsw.index in the folder `dir`.  Slots from `slots` on are not nodes.
 * VEC_EIO, VEC_ENOSPC or VEC_ENOMEM; the old file then stands.  [change, alone]
 */
int index_save(const struct graph *g, int dir, uint64_t identity, uint64_t generation,
    uint32_t slots, struct vec_error *err);

/*
 * How many slots hnsw.index covers, by a header that is one of this collection; 0: there is none, or it is
 * not.  Reads the header alone.
 */
uint32_t index_covers(const struct graph *g, int dir, uint64_t identity, uint64_t generation,
    uint32_t slots);

/*
 * Read hnsw.index and compare it with its header and checksums, while others use `g`.  NULL when it is
 * sound or there is none; else what is wrong.
 */
const char *index_check(const struct graph *g, int dir, uint64_t identity, uint64_t generation,
    uint32_t slots);

/*
 * Load hnsw.index into `g`, which is empty and has memory for `slots`, the slots published; who comes
 * along in `crew` helps.  True when the graph is now that of the file.  Else *why is the reason, NULL
 * when there is no file, and `g` is empty again.  [change, alone]
 */
bool index_load(struct graph *g, int dir, uint64_t identity, uint64_t generation, uint32_t slots,
    struct crew *crew, const char **why);

#endif
