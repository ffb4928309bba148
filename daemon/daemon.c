/*
 * daemon.c - start and stop, in order.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "build.h"
#include "call.h"
#include "commit.h"
#include "daemon.h"
#include "embedding.h"
#include "file.h"
#include "guess.h"
#include "indexer.h"
#include "ops.h"
#include "snapshot.h"
#include "space.h"
#include "startup.h"

#define QUEUE_MAX 8192		/* calls that wait; connections have one each */
#define PASSWORD_THREADS 2	/* at most so many times 64 MiB */
#define PASSWORD_QUEUE 256
#define VERIFY_QUEUE 64

int64_t
daemon_now(void)
{
	return (int64_t)time(NULL);
}

int64_t
daemon_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec;
}

int64_t
daemon_clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int
daemon_lock(const char *folder, struct err *err)
{
	char path[4096], pid[32] = "";
	int fd;

	if (file_mkdirs(folder, 0700, err) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/LOCK", folder);
	if ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0)
		return err_sys(err, -1, errno, "cannot open %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (read(fd, pid, sizeof(pid) - 1) > 0)
			pid[strcspn(pid, "\n")] = '\0';
		close(fd);
		return err_set(err, -1, "the daemon with process id %s has %s", pid[0] != '\0' ? pid :
		    "unknown", folder);
	}
	snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) != 0 || pwrite(fd, pid, strlen(pid), 0) != (ssize_t)strlen(pid)) {
		err_sys(err, -1, errno, "cannot write %s", path);
		close(fd);
		return -1;
	}
	return fd;
}

static void
run_call(void *arg, struct lane_job *job)
{
	(void)arg;
	call_run((struct call *)(void *)((char *)job - offsetof(struct call, job)));
}

int
daemon_start(const struct settings *s, struct daemon *d, struct err *err)
{
	char folder[4096];

	*d = (struct daemon){ .settings = s, .lock_fd = -1, .started = daemon_clock() };
	snprintf(folder, sizeof(folder), "%s/collections", s->data);
	if ((d->lock_fd = daemon_lock(s->data, err)) < 0 || file_mkdirs(folder, 0700, err) != 0 ||
	    keys_load(s, daemon_now(), &d->keys, err) != 0 || meta_open(s->db_uri, s->data, &d->meta, err) != 0 ||
	    startup_check(d, err) != 0)
		goto fail;
	if ((d->embedding = embedding_new(d, err)) == NULL)
		goto fail;
	/* the builds before those who tell them to go on, and to begin */
	if ((d->spaces = spaces_new(d)) == NULL || (d->builds = builds_new(d)) == NULL ||
	    (d->indexer = indexer_new(d)) == NULL || (d->commit = commit_new(d)) == NULL ||
	    (d->snapshots = snapshots_new(d)) == NULL ||
	    (d->guesses = guesses_new(s->guesses)) == NULL ||
	    (d->password = lane_new("password", PASSWORD_THREADS, PASSWORD_QUEUE, account_run, d)) ==
		NULL ||
	    (d->verify = lane_new("verify", 1, VERIFY_QUEUE, verify_run, d)) == NULL ||
	    (d->work = lane_new("work", (unsigned)s->workers, QUEUE_MAX, run_call, d)) == NULL) {
		err_set(err, -1, "no memory or no threads to start with");
		goto fail;
	}
	builds_resume(d->builds);
	return 0;
fail:
	daemon_stop(d);
	return -1;
}

void
daemon_stop(struct daemon *d)
{
	embedding_quit(d->embedding);
	/* in the order in which calls move on, so that each finds its next lane */
	lane_free(d->work);
	lane_free(d->password);
	lane_free(d->verify);
	snapshots_free(d->snapshots);
	builds_stop(d->builds);
	commit_free(d->commit);
	indexer_free(d->indexer);
	builds_free(d->builds);		/* the index threads ask for compactions until they end */
	spaces_free(d->spaces);
	embedding_free(d->embedding);
	meta_close(d->meta);
	guesses_free(d->guesses);
	keys_fini(&d->keys);
	if (d->lock_fd >= 0)
		close(d->lock_fd);
	*d = (struct daemon){ .lock_fd = -1 };
}
