/*
 * store_fault.c - a map that the system cannot fill any more.
 *
 * Pages of vectors.bin that lie behind the file's end, because somebody cut it short, or that its disk
 * cannot give, are a SIGBUS to whoever touches them.  The store they belong to is then lost: its map
 * shows zeros instead, so that the reader gets to his end, and from there on every call on the store
 * says what happened.  A map is replaced as a whole, for a scan would else fault once a page.
 *
 * The list of all maps has a lock that the handler takes too.  That cannot wait for itself: who
 * holds it touches no row, and a fault is handled by the thread that made it.
 */

#include <stdatomic.h>
#include <sys/mman.h>

#include "error.h"
#include "store.h"

static atomic_flag busy = ATOMIC_FLAG_INIT;
static struct store_map *maps;	/* of all stores; [busy] */

static void
lock(void)
{
	while (atomic_flag_test_and_set_explicit(&busy, memory_order_acquire))
		;
}

static void
unlock(void)
{
	atomic_flag_clear_explicit(&busy, memory_order_release);
}

void
store_watch(struct store_map *m)
{
	lock();
	m->next = maps;
	m->place = &maps;
	if (maps)
		maps->place = &m->next;
	maps = m;
	unlock();
}

void
store_unwatch(struct store_map *m)
{
	lock();
	*m->place = m->next;
	if (m->next)
		m->next->place = m->place;
	unlock();
}

/* The map that shows `at`, or NULL. */
static struct store_map *
find(uintptr_t at)
{
	struct store_map *m = maps;

	while (m && (at < (uintptr_t)m->base || at - (uintptr_t)m->base >= m->mapped))
		m = m->next;
	return m;
}

bool
vec_fault(const void *at)
{
	struct store_map *m;
	bool shown = false;

	lock();
	if ((m = find((uintptr_t)at))) {
		/* Before the zeros: who reads one and asks then is told. */
		atomic_store(&m->store->lost, true);
		shown = mmap(m->base, m->mapped, PROT_READ,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
			    0) != MAP_FAILED;
	}
	unlock();
	return shown;
}

int
store_lost(const struct store *s, struct vec_error *err)
{
	if (!atomic_load(&s->lost))
		return 0;
	return error_set(err, VEC_ECORRUPT,
	    "vectors.bin was cut short while it was open, or its disk cannot read it");
}
