/*
 * words_fault.c - a table whose file is cut short, or cannot be read, while it is mapped.
 *
 * As in libvec (store_fault.c): the table is lost and shows zeros, and what was embedded from it is
 * thrown away by whoever asks words_table_is_lost afterwards.  The list's lock cannot be held by the
 * thread that faults, for who holds it touches no table.
 */

#include <sys/mman.h>
#include <sys/stat.h>

#include "embed.h"
#include "words_table.h"

static atomic_flag busy = ATOMIC_FLAG_INIT;
static struct words_table *tables;	/* [busy] */

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
words_table_watch(struct words_table *t)
{
	lock();
	t->next = tables;
	t->place = &tables;
	if (tables != NULL)
		tables->place = &t->next;
	tables = t;
	unlock();
}

void
words_table_unwatch(struct words_table *t)
{
	lock();
	*t->place = t->next;
	if (t->next != NULL)
		t->next->place = t->place;
	unlock();
}

bool
embed_fault(const void *at)
{
	struct words_table *t;
	uintptr_t p = (uintptr_t)at;
	bool shown = false;

	lock();
	for (t = tables; t != NULL; t = t->next)
		if (p >= (uintptr_t)t->map && p - (uintptr_t)t->map < t->at.end)
			break;
	if (t != NULL) {
		atomic_store(&t->lost, true);
		shown = mmap((void *)(uintptr_t)t->map, t->at.end, PROT_READ,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
			    0) != MAP_FAILED;
	}
	unlock();
	return shown;
}

/* The last page of a file that was cut short is no fault, and has zeros behind the end. */
bool
words_table_is_lost(struct words_table *t)
{
	struct stat st;

	if (fstat(t->fd, &st) != 0 || (uint64_t)st.st_size < t->at.end)
		atomic_store(&t->lost, true);
	return atomic_load(&t->lost);
}
