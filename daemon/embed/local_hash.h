/*
 * local_hash.h - one hash for words, n-grams and word lists.
 *
 * FNV-1a taken over whole units (folded code points) instead of bytes, so that the order of bytes
 * in memory has no say, then the 64-bit finaliser of MurmurHash3, because FNV alone leaves the high
 * bits of short inputs poor and those choose the component.  `kind` keeps features of different
 * kinds apart: the word "cat" and the 3-gram "cat" are different features.
 */

#ifndef EMBED_LOCAL_HASH_H
#define EMBED_LOCAL_HASH_H

#include <stddef.h>
#include <stdint.h>

enum hash_kind {
	HASH_WORD = 1,
	HASH_OPENING,
	HASH_GRAM,
	HASH_RUN,
};

static inline uint64_t
hash_units(enum hash_kind kind, const uint32_t *u, size_t n)
{
	uint64_t h = (0xcbf29ce484222325u ^ (uint64_t)kind) * 0x100000001b3u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ u[i]) * 0x100000001b3u;
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdu;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53u;
	h ^= h >> 33;
	return h;
}

#endif
