/*
 * seam.h - one seam under everything: the calls of the C library that a disk, a clock or a memory
 * stands behind.
 *
 * A program that links seam.c has functions of its own called pwrite, fdatasync, rename and so on.
 * They come before those of the C library, for libvec, for the daemon and for SQLite alike, so the
 * product is built as always and knows nothing of it.  They do three things with what happens below
 * one folder, the root:
 *
 *	- fail the Nth call, once or from then on (seam_arm);
 *	- write down what is done, in order, for disk.h to say what a power cut could leave of it;
 *	- move the clock (seam_clock_skip).
 *
 * Allocation is failed for coolvec's own code (by the linker's --wrap), for jansson and for SQLite.
 */

#ifndef CRASH_SEAM_H
#define CRASH_SEAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What may be failed; bits, so that several count together. */
enum seam_call {
	SEAM_OPEN = 1,
	SEAM_READ = 2,
	SEAM_WRITE = 4,
	SEAM_SYNC = 8,		/* fsync and fdatasync, of folders too */
	SEAM_ALLOCATE = 16,	/* fallocate */
	SEAM_TRUNCATE = 32,
	SEAM_RENAME = 64,
	SEAM_REMOVE = 128,
	SEAM_MKDIR = 256,
	SEAM_MAP = 512,
	SEAM_MEMORY = 1024,
	SEAM_RANDOM = 2048,	/* getrandom */
};

/* How it fails: with the errno; SEAM_SHORT: a write takes half of it; SEAM_TORN: half and the errno. */
enum seam_way { SEAM_ERRNO, SEAM_SHORT, SEAM_TORN };

/* All of it applies to what is below `root` (an absolute path without a slash at its end). */
void seam_root(const char *root);

/* Count calls of these kinds from now on; the `nth` (1 is the next; 0: none) fails, and all after it
 * when `stays`. */
void seam_arm(unsigned calls, long nth, int no, enum seam_way way, bool stays);

/* No more failures.  How many there were, and how many calls were counted. */
long seam_disarm(long *counted);

/* Calls of this thread are not counted while it is spared: the test's own. */
void seam_spare(bool spare);

/* Let jansson and SQLite allocate through the seam; before either is used. */
void seam_memory(void);

/* Set the clock forward, for time() and every clock_gettime. */
void seam_clock_skip(int64_t seconds);

/* --- what was done ---------------------------------------------------------------------------- */

enum event_type {
	EVENT_MAKE,		/* `name` in folder `node` is `other` from now on */
	EVENT_WRITE,		/* `n` bytes `data` at `at` */
	EVENT_SIZE,		/* the file has `n` bytes: cut, or longer by zeros */
	EVENT_RENAME,		/* `name` in `node`, number `at`, becomes `to` in the folder `other` */
	EVENT_REMOVE,
	EVENT_SYNC,
	EVENT_SYNC_FAILED,	/* what was not on disk may never get there */
	EVENT_NOTE,		/* a mark of the test, number `n` */
};

struct event {
	enum event_type type;
	bool is_folder;
	uint64_t node, other;	/* numbers of files and folders: their inodes */
	uint64_t at, n;
	unsigned char *data;
	char *name, *to;
};

/* Begin to write down, forgetting what is there; stop.  The root's own number. */
void seam_record(void);
void seam_record_stop(void);
uint64_t seam_root_node(void);

/* A mark between two events; any thread. */
void seam_note(uint64_t n);

/* What has been written down; stays until seam_record. */
size_t seam_nevents(void);
const struct event *seam_event(size_t i);

#endif
