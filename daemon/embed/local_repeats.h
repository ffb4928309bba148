/*
 * local_repeats.h - how often a word was seen in a text, as far as a table of fixed size remembers.
 */

#ifndef EMBED_LOCAL_REPEATS_H
#define EMBED_LOCAL_REPEATS_H

#include <stddef.h>
#include <stdint.h>

#define REPEATS 1024		/* a power of two */

/* Zeroed memory is an empty table. */
struct repeats {
	struct {
		uint32_t tag;	/* 0: empty */
		uint32_t count;
	} slot[REPEATS];	/* a newcomer takes the place */
};

/* How often `hash` was seen, this time included. */
static inline uint32_t
repeats_count(struct repeats *r, uint64_t hash)
{
	size_t i = hash & (REPEATS - 1);
	uint32_t tag = (uint32_t)(hash >> 32) | 1;

	if (r->slot[i].tag != tag) {
		r->slot[i].tag = tag;
		r->slot[i].count = 0;
	}
	return ++r->slot[i].count;
}

#endif
