/*
 * seam.c - the countdown and the record of the seam.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "seam_private.h"

pthread_mutex_t seam_lock = PTHREAD_MUTEX_INITIALIZER;
int64_t seam_skipped;

static char root[256];
static size_t nroot;
static struct { bool watched; uint64_t node; } fds[SEAM_FDS];

static struct {
	unsigned calls;
	long left;		/* calls until one fails; 0: none does */
	long counted, failed;
	int no;
	enum seam_way way;
	bool stays;
} arm;
static _Thread_local int spared;
static pthread_mutex_t arm_lock = PTHREAD_MUTEX_INITIALIZER;

static struct event *events;
static size_t nevents, room;
static bool recording;

/* --- what is watched ---------------------------------------------------------------------------- */

void
seam_root(const char *path)
{
	nroot = (size_t)snprintf(root, sizeof(root), "%s", path);
}

bool
seam_watches_path(int dir, const char *path)
{
	if (path == NULL || nroot == 0)
		return false;
	if (path[0] != '/')
		return seam_watches(dir);
	return strncmp(path, root, nroot) == 0 && (path[nroot] == '/' || path[nroot] == '\0');
}

bool
seam_watches(int fd)
{
	return fd >= 0 && fd < SEAM_FDS && fds[fd].watched;
}

void
seam_opened_locked(int fd)
{
	struct stat st;

	if (fd < 0 || fd >= SEAM_FDS || fstat(fd, &st) != 0)
		return;
	fds[fd].watched = true;
	fds[fd].node = st.st_ino;
}

void
seam_closed(int fd)
{
	if (fd >= 0 && fd < SEAM_FDS)
		fds[fd].watched = false;
}

void
seam_clock_skip(int64_t seconds)
{
	__atomic_fetch_add(&seam_skipped, seconds * 1000000000, __ATOMIC_SEQ_CST);
}

/* --- failing ------------------------------------------------------------------------------------ */

void
seam_arm(unsigned calls, long nth, int no, enum seam_way way, bool stays)
{
	pthread_mutex_lock(&arm_lock);
	arm.calls = calls;
	arm.left = nth;
	arm.counted = arm.failed = 0;
	arm.no = no;
	arm.way = way;
	arm.stays = stays;
	pthread_mutex_unlock(&arm_lock);
}

long
seam_disarm(long *counted)
{
	long failed;

	pthread_mutex_lock(&arm_lock);
	failed = arm.failed;
	if (counted != NULL)
		*counted = arm.counted;
	arm.calls = 0;
	pthread_mutex_unlock(&arm_lock);
	return failed;
}

void
seam_spare(bool spare)
{
	spared += spare ? 1 : -1;
}

int
seam_fail(enum seam_call call)
{
	int no = 0;

	if (spared)
		return 0;
	pthread_mutex_lock(&arm_lock);
	if (arm.calls & call) {
		arm.counted++;
		if (arm.left > 0 && (arm.left > 1 ? --arm.left, false : true)) {
			if (!arm.stays)
				arm.left = 0;
			arm.failed++;
			no = arm.no;
		}
	}
	pthread_mutex_unlock(&arm_lock);
	return no;
}

enum seam_way
seam_failing_way(void)
{
	return arm.way;
}

/* --- writing down ------------------------------------------------------------------------------- */

static struct event *
add(enum event_type type)
{
	if (nevents == room) {
		room = room != 0 ? 2 * room : 1024;
		if ((events = realloc(events, room * sizeof(*events))) == NULL)
			abort();
	}
	events[nevents] = (struct event){ .type = type };
	return &events[nevents++];
}

static char *
copy_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = strdup(slash != NULL ? slash + 1 : path);

	if (name == NULL)
		abort();
	return name;
}

/* The number of the folder that the path's last part is in. */
static uint64_t
parent_of(int dir, const char *path)
{
	char folder[512];
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (slash == NULL)
		return fds[dir].node;
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	return stat(folder, &st) == 0 ? st.st_ino : 0;
}

void
seam_made_locked(int dir, const char *path)
{
	struct stat st;
	struct event *e;

	if (!recording || fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	e = add(EVENT_MAKE);
	e->node = parent_of(dir, path);
	e->other = st.st_ino;
	e->is_folder = S_ISDIR(st.st_mode);
	e->name = copy_name(path);
}

void
seam_removed_locked(int dir, const char *path)
{
	struct event *e;

	if (!recording)
		return;
	e = add(EVENT_REMOVE);
	e->node = parent_of(dir, path);
	e->name = copy_name(path);
}

void
seam_renamed_locked(int dir, const char *from, const char *to)
{
	struct stat st;
	struct event *e;

	if (!recording || fstatat(dir, to, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	e = add(EVENT_RENAME);
	e->node = parent_of(dir, from);
	e->other = parent_of(dir, to);
	e->at = st.st_ino;
	e->name = copy_name(from);
	e->to = copy_name(to);
}

void
seam_wrote_locked(int fd, const void *p, uint64_t n, uint64_t at)
{
	struct event *e;

	if (!recording || n == 0)
		return;
	e = add(EVENT_WRITE);
	e->node = fds[fd].node;
	e->at = at;
	e->n = n;
	if ((e->data = malloc(n)) == NULL)
		abort();
	memcpy(e->data, p, n);
}

void
seam_sized_locked(int fd, uint64_t n)
{
	struct event *e;

	if (!recording)
		return;
	e = add(EVENT_SIZE);
	e->node = fds[fd].node;
	e->n = n;
}

void
seam_synced_locked(int fd, bool failed)
{
	if (recording)
		add(failed ? EVENT_SYNC_FAILED : EVENT_SYNC)->node = fds[fd].node;
}

void
seam_note(uint64_t n)
{
	pthread_mutex_lock(&seam_lock);
	if (recording)
		add(EVENT_NOTE)->n = n;
	pthread_mutex_unlock(&seam_lock);
}

void
seam_record(void)
{
	pthread_mutex_lock(&seam_lock);
	for (size_t i = 0; i < nevents; i++) {
		free(events[i].data);
		free(events[i].name);
		free(events[i].to);
	}
	nevents = 0;
	recording = true;
	pthread_mutex_unlock(&seam_lock);
}

void
seam_record_stop(void)
{
	pthread_mutex_lock(&seam_lock);
	recording = false;
	pthread_mutex_unlock(&seam_lock);
}

uint64_t
seam_root_node(void)
{
	struct stat st;

	return stat(root, &st) == 0 ? st.st_ino : 0;
}

size_t
seam_nevents(void)
{
	size_t n;

	pthread_mutex_lock(&seam_lock);
	n = nevents;
	pthread_mutex_unlock(&seam_lock);
	return n;
}

const struct event *
seam_event(size_t i)
{
	return &events[i];
}
