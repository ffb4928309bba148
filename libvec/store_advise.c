/*
 * store_advise.c - how the system is to read vectors.bin, by whether it stays in memory.
 *
 * A walk looks at codes, and then at a few rows here and there.  While the file is in memory all is well.
 * Where it does not fit, each of those rows is read from the disk, and the system, which expects us to go
 * on from there, reads megabytes around it and drops for them what was read before: 7.5 MB for 6 KB were
 * measured, with 8 MiB of readahead.  Told that the order is random it reads the row alone.  A cold file
 * that fits is better read as the system does it by itself, so it is told only when rows that were all
 * read a moment ago are gone.  A scan in that case asks for what comes next itself.
 */

#include <sys/mman.h>
#include <unistd.h>

#include "store.h"

#define PROBES 64
#define GONE 8			/* of them, from which on the file does not fit */
#define AHEAD ((uint64_t)4 << 20)

/* The page with the row of this slot, in the map. */
static unsigned char *
page_of(const struct store *s, uint64_t slot)
{
	uintptr_t at = (uintptr_t)store_row(s, 0) + slot * s->stride;

	return (unsigned char *)(at & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1));
}

static bool
is_there(unsigned char *page)
{
	unsigned char there = 1;

	return mincore(page, 1, &there) != 0 || (there & 1) != 0;
}

void
store_advise(struct store *s)
{
	uint64_t n = s->appended;
	bool scarce;
	int gone = 0;

	if (n * s->stride < AHEAD)
		return;
	for (uint64_t i = 0; i < PROBES; i++)
		gone += !is_there(page_of(s, i * n / PROBES));
	scarce = gone >= GONE;
	pthread_mutex_lock(&s->lock);
	if (scarce != s->scarce) {
		s->scarce = scarce;
		for (struct store_map *m = s->maps; m; m = m->older)
			(void)madvise(m->base, m->mapped, scarce ? MADV_RANDOM : MADV_NORMAL);
	}
	pthread_mutex_unlock(&s->lock);
}

void
store_ahead(const struct store *s, uint32_t from, uint32_t to, struct store_pass *pass)
{
	const unsigned char *end = page_of(s, to);
	unsigned char *at = page_of(s, from);

	if (!s->scarce || at + AHEAD <= pass->asked)
		return;
	if (pass->asked > at)
		at = pass->asked;
	for (int i = 0; i < 2 && at < end; i++, at += AHEAD)
		if (!is_there(at))
			(void)madvise(at, at + AHEAD < end ? AHEAD : (size_t)(end - at), MADV_WILLNEED);
	pass->asked = at;
}

void
store_want(const struct store *s, const uint32_t *slots, size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t i = 0; s->scarce && i < n; i++) {
		unsigned char *first = page_of(s, slots[i]);
		const unsigned char *end = (const unsigned char *)store_row(s, slots[i]) + s->stride;
		const unsigned char *last = end - ((uintptr_t)end - 1) % page - 1;

		if (!is_there(first) || !is_there((unsigned char *)(uintptr_t)last))
			(void)madvise(first, (size_t)(end - first), MADV_WILLNEED);
	}
}
