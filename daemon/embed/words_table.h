/*
 * words_table.h - a table of word vectors in a file, mapped.
 *
 * A word is known by its hash alone, HASH_WORD of its folded units (local_hash.h): among a million
 * words a stranger is taken for one of them once in 10^13.  A component is one signed byte times the
 * scale of its word.  The file, little-endian, every part padded with zeros to 8 bytes:
 *
 *	0-7	magic		'COOLWRD\0'
 *	8-11	version		u32 = 1
 *	12-15	dim		u32	2 to 1024
 *	16-23	n		u64	words, at least 1
 *	24-	direction	i16[dim] the common direction, unit length times 32767
 *		keys		u64[n]	hashes, ascending
 *		ranks		u32[n]	place in the list the words came from, from 0, by frequency
 *		scales		u16[n]	at least 1
 *		components	i8[n * dim]
 *	end-8	sum		u64	words_sum of everything before it
 *
 * A table is a function of the text it was made of: the same text gives the same bytes anywhere.
 */

#ifndef EMBED_WORDS_TABLE_H
#define EMBED_WORDS_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define WORDS_MAGIC "COOLWRD"	/* its NUL is part of it */
#define WORDS_FORMAT 1u
#define WORDS_HEADER 24
#define WORDS_DIM_MIN 2
#define WORDS_DIM_MAX 1024
#define WORDS_UNIT 32767	/* the length of the direction */

/* Where the parts of a file begin, and where it ends. */
struct words_layout {
	size_t direction, keys, ranks, scales, components, sum, end;
};

struct words_table {
	uint32_t dim;
	uint64_t n;
	uint64_t sum;
	int16_t direction[WORDS_DIM_MAX];
	struct words_layout at;
	const unsigned char *map;	/* at.end bytes */
	int fd;
	atomic_bool lost;
	struct words_table *next, **place; /* among all that are open */
};

struct words_entry {
	uint32_t rank;
	uint16_t scale;
	const int8_t *c;		/* dim components; borrowed from the table */
};

/* The layout of a file with these counts; false: there can be no such file. */
bool words_layout(uint64_t n, uint32_t dim, struct words_layout *at);

/*
 * The checksum of `n` bytes, a multiple of 8.  Two inputs of one length that differ within 8 bytes,
 * from a multiple of 8 on, have different sums, for certain.
 */
uint64_t words_sum(const unsigned char *p, size_t n);

/*
 * The file of the table `name` below the data folder, into `path` of `n` bytes.  0, or -1: a name is a
 * letter or digit, then up to 62 letters, digits, - and _.
 */
int words_path(const char *folder, const char *name, char *path, size_t n, struct err *err);

/*
 * Map a file and check all of it.  0, or EMBED_EINVAL (there is none, or it is damaged), EMBED_ENOMEM.
 * The file may be replaced by another meanwhile, not written to.
 */
int words_table_open(const char *path, struct words_table **out, struct err *err);

/*
 * Has its file been cut short, or could a page not be read?  Asked after using it: it showed zeros then.
 * In words_fault.c, with the list of those that embed_fault knows.
 */
bool words_table_is_lost(struct words_table *t);
void words_table_watch(struct words_table *t);
void words_table_unwatch(struct words_table *t);

/* Unmap it; NULL is fine. */
void words_table_close(struct words_table *t);

/* Look a word up by its hash.  False: it is not there. */
bool words_table_find(const struct words_table *t, uint64_t key, struct words_entry *out);

#endif
