/*
 * pool.h - the best candidates of a search so far, sorted.
 *
 * A candidate is one number: its distance in the upper half, its slot below that, and in the lowest
 * bit whether its neighbours were looked at already.  So one comparison orders by distance and then
 * by slot, and one array, kept sorted, is at once the queue of what to expand and the result.  (Two
 * heaps, as the paper has them, were measured 5 to 20 % slower: nearly all insertions are near the
 * end, and moving a few hundred bytes is cheap.)
 */

#ifndef LIBVEC_POOL_H
#define LIBVEC_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct pool {
	uint64_t *keys;		/* room for `cap`, ascending */
	size_t n, cap;
	size_t next;		/* all before it are expanded */
	uint32_t mask;		/* see pool_key */
};

#define POOL_SLOT_BITS 0x7fffffffu

/* Floats as integers in the same order. */
static inline uint32_t
pool_order(float d)
{
	uint32_t u;

	memcpy(&u, &d, sizeof(u));
	return u & 0x80000000u ? ~u : u | 0x80000000u;
}

/*
 * Slots are xored with the pool's mask.  With 0, equal distances come by slot; with a random mask
 * of POOL_SLOT_BITS in a random order.
 */
static inline uint64_t
pool_key(const struct pool *p, float d, uint32_t slot)
{
	return (uint64_t)pool_order(d) << 32 | (uint64_t)(slot ^ p->mask) << 1;
}

static inline uint32_t
pool_slot(const struct pool *p, uint64_t key)
{
	return (uint32_t)key >> 1 ^ p->mask;
}

static inline float
pool_distance(uint64_t key)
{
	uint32_t u = (uint32_t)(key >> 32);
	float d;

	u = u & 0x80000000u ? u & 0x7fffffffu : ~u;
	memcpy(&d, &u, sizeof(d));
	return d;
}

static inline void
pool_init(struct pool *p, uint64_t *keys, size_t cap)
{
	*p = (struct pool){ .keys = keys, .cap = cap };
}

/* A key that is not below this cannot enter. */
static inline uint64_t
pool_bound(const struct pool *p)
{
	return p->n < p->cap ? UINT64_MAX : p->keys[p->n - 1];
}

/* Put `key` in its place; when the pool is full the last one falls out, or the key is refused. */
static inline void
pool_put(struct pool *p, uint64_t key)
{
	size_t at = 0, n = p->n, half;

	if (key >= pool_bound(p))
		return;
	/* Without a branch on the comparison, which nothing could predict. */
	while (n > 1) {
		half = n / 2;
		at += p->keys[at + half - 1] < key ? half : 0;
		n -= half;
	}
	at += n == 1 && p->keys[at] < key;
	if (p->n < p->cap)
		p->n++;
	memmove(p->keys + at + 1, p->keys + at, (p->n - at - 1) * sizeof(*p->keys));
	p->keys[at] = key;
	if (at < p->next)
		p->next = at;
}

/* The nearest candidate that was not expanded yet; false when there is none. */
static inline bool
pool_peek(struct pool *p, uint32_t *slot)
{
	while (p->next < p->n && p->keys[p->next] & 1)
		p->next++;
	if (p->next == p->n)
		return false;
	*slot = pool_slot(p, p->keys[p->next]);
	return true;
}

/* The same, marked as expanded. */
static inline bool
pool_expand(struct pool *p, uint32_t *slot)
{
	if (!pool_peek(p, slot))
		return false;
	p->keys[p->next++] |= 1;
	return true;
}

#endif
