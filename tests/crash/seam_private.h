/*
 * seam_private.h - between seam.c, which decides and writes down, and seam_calls.c, which is called.
 */

#ifndef CRASH_SEAM_PRIVATE_H
#define CRASH_SEAM_PRIVATE_H

#include <pthread.h>

#include "seam.h"

#define SEAM_FDS 4096

extern pthread_mutex_t seam_lock;	/* around every call and its event, so that both have one order */
extern int64_t seam_skipped;		/* nanoseconds */

/* Does the path (NULL: no) or the descriptor belong to what is watched? */
bool seam_watches_path(int dir, const char *path);
bool seam_watches(int fd);

/* Count a call; 0, or the errno it fails with. */
int seam_fail(enum seam_call call);
enum seam_way seam_failing_way(void);

/* Remember what `fd` is open on, or forget it.  [seam_lock] */
void seam_opened_locked(int fd);
void seam_closed(int fd);

/* Events; nothing when nothing is written down.  A path is relative to `dir`.  [seam_lock] */
void seam_made_locked(int dir, const char *path);
void seam_removed_locked(int dir, const char *path);
void seam_renamed_locked(int dir, const char *from, const char *to);
void seam_wrote_locked(int fd, const void *p, uint64_t n, uint64_t at);
void seam_sized_locked(int fd, uint64_t n);
void seam_synced_locked(int fd, bool failed);

#endif
