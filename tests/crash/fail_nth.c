/*
 * fail_nth.c - every call that may be refused is refused, once and from then on.
 *
 * usage: fail_nth FOLDER LIMIT SEED [NAME]
 *
 * A daemon is started on the same folder again and again, serves the same kind of load and is stopped,
 * and in each run the next call of a kind fails: of the engine, of the metadata and of what stands
 * under both (seam.h).  Then a daemon is started on what is there, with nothing failing, and held to
 * the words given (words.h): what was acknowledged is there, what was refused is not, what was
 * answered `unknown` or not at all is one or the other, wholly.  At most LIMIT calls of a kind are
 * failed, spread evenly from a place drawn with SEED; 0: every one.  NAME: this way of failing alone.
 *
 * Each run is a process of its own, so that what kills it or stops it for ten seconds is told too.
 */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "num.h"
#include "seam.h"
#include "words.h"

#define PROCESSES 2
#define SECONDS 20		/* that a run may take */

static const struct way {
	const char *name;
	unsigned calls;
	int no;
	enum seam_way way;
	bool once_only;		/* for ever it would be waited for, rightly */
	bool passes;		/* refused once, all is well again after that */
} ways[] = {
	{ "open", SEAM_OPEN, EMFILE, SEAM_ERRNO, false, false },
	{ "read", SEAM_READ, EIO, SEAM_ERRNO, false, false },
	{ "write", SEAM_WRITE, EIO, SEAM_ERRNO, false, false },
	{ "write-full", SEAM_WRITE | SEAM_ALLOCATE | SEAM_MKDIR, ENOSPC, SEAM_ERRNO, false, true },
	{ "write-short", SEAM_WRITE, EIO, SEAM_SHORT, false, true },
	{ "write-torn", SEAM_WRITE, EIO, SEAM_TORN, false, false },
	{ "write-interrupted", SEAM_WRITE, EINTR, SEAM_ERRNO, true, true },
	{ "read-interrupted", SEAM_READ, EINTR, SEAM_ERRNO, true, true },
	{ "random-interrupted", SEAM_RANDOM, EINTR, SEAM_ERRNO, true, true },
	{ "sync", SEAM_SYNC, EIO, SEAM_ERRNO, false, false },
	{ "truncate", SEAM_TRUNCATE, EIO, SEAM_ERRNO, false, false },
	{ "names", SEAM_RENAME | SEAM_REMOVE | SEAM_MKDIR, EIO, SEAM_ERRNO, false, false },
	{ "map", SEAM_MAP, ENOMEM, SEAM_ERRNO, false, true },
	{ "memory", SEAM_MEMORY, ENOMEM, SEAM_ERRNO, false, false },
};

struct tally {
	unsigned long runs, failed, refused, unknown;
	bool broken;
	char why[1024];
};

static struct tally *tally;
static struct words base;
static char folder[256];

static void
give_up(const char *what)
{
	fprintf(stderr, "fail_nth: %s\n", what);
	exit(1);
}

/* --- one run ------------------------------------------------------------------------------------ */

static void
copy_data(const char *to)
{
	char command[800];

	inside_empty(to);
	snprintf(command, sizeof(command), "cp -r %s/base/data %s/data", folder, to);
	if (system(command) != 0)
		give_up("cp does not work");
}

static void
load(struct words *w)
{
	for (unsigned i = 0; i < 7; i++) {
		words_wave(w, 1 + i % 4);
		if (i == 4) {
			seam_clock_skip(60);
			inside_rest(w->token, words_collections[0]);
		}
	}
}

/* After one refusal that passes, the next requests are carried out. */
static bool
goes_on(struct words *w, char *why, size_t n)
{
	size_t from = w->n;

	words_wave(w, 3);
	for (; from < w->n; from++) {
		if (w->requests[from].code == WIRE_OK)
			continue;
		snprintf(why, n, "afterwards a request is still answered with %s",
		    wire_error(w->requests[from].code)->name);
		return false;
	}
	return true;
}

/* Serve the load with calls failing.  The number of them; negative: a broken word. */
static long
serve(struct words *w, const struct way *way, long nth, bool stays, const char *data, long *counted,
    char *why, size_t n)
{
	struct err err = { .text = "" };
	bool started, ok = true;
	long failed;

	seam_arm(way->calls, nth, way->no, way->way, stays);
	if ((started = inside_start(data, &err)))
		load(w);
	else if (err.text[0] == '\0')
		ok = false;
	if (started && way->passes && !stays) {
		failed = seam_disarm(counted);
		ok = goes_on(w, why, n);
		inside_stop();
		return ok ? failed : -1;
	}
	if (started)
		inside_stop();
	failed = seam_disarm(counted);
	if (!ok)
		snprintf(why, n, "it does not start and does not say why");
	return ok ? failed : -1;
}

static void
count_answers(const struct words *w, size_t before)
{
	for (size_t i = before; i < w->n; i++) {
		unsigned long *to = w->requests[i].code == WIRE_OK ? NULL :
		    w->requests[i].code == WIRE_UNKNOWN ? &tally->unknown : &tally->refused;

		if (to != NULL)
			__atomic_fetch_add(to, 1, __ATOMIC_RELAXED);
	}
}

/* A process of its own: 0, or 1 with the reason written down. */
static int
run(const struct way *way, long nth, bool stays, const char *live, long *counted)
{
	char data[400], why[800] = "";
	struct words *w = &base;	/* the process has its own */
	size_t before = base.n;
	struct err err;
	long failed;
	bool ok;

	alarm(SECONDS);
	snprintf(data, sizeof(data), "%s/data", live);
	copy_data(live);
	seam_root(live);
	failed = serve(w, way, nth, stays, data, counted, why, sizeof(why));
	ok = failed >= 0;
	if (ok && !(ok = inside_start(data, &err)))
		snprintf(why, sizeof(why), "it does not start again: %s", err.text);
	else if (ok)
		ok = words_check(w, WORDS_NEVER - 1, data, why, sizeof(why));
	if (failed > 0)
		__atomic_fetch_add(&tally->failed, 1, __ATOMIC_RELAXED);
	count_answers(w, before);
	if (!ok && !__atomic_test_and_set(&tally->broken, __ATOMIC_SEQ_CST))
		snprintf(tally->why, sizeof(tally->why), "%s, call %ld%s: %s", way->name, nth,
		    stays ? " and all after it" : "", why);
	return !ok;
}

/* Run it in a process; what it died of is told. */
static void
run_apart(const struct way *way, long nth, bool stays, const char *live)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		give_up("no process");
	if (pid == 0) {
		long counted;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(run(way, nth, stays, live, &counted));
	}
	waitpid(pid, &status, 0);
	__atomic_fetch_add(&tally->runs, 1, __ATOMIC_RELAXED);
	if (WIFSIGNALED(status) && !__atomic_test_and_set(&tally->broken, __ATOMIC_SEQ_CST))
		snprintf(tally->why, sizeof(tally->why), "%s, call %ld%s: the daemon %s (signal %d)",
		    way->name, nth, stays ? " and all after it" : "",
		    WTERMSIG(status) == SIGALRM ? "hangs" : "died", WTERMSIG(status));
}

/* --- all of them -------------------------------------------------------------------------------- */

/* How many calls a run makes. */
static long
count_calls(const struct way *way, const char *live)
{
	long *counted = mmap(NULL, sizeof(*counted), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0), n;
	pid_t pid = fork();
	int status;

	if (counted == MAP_FAILED || pid < 0)
		give_up("no process or no memory");
	if (pid == 0)
		_exit(run(way, 0, false, live, counted));
	waitpid(pid, &status, 0);
	if (status != 0)
		give_up(tally->broken ? tally->why : "a run without failures does not end");
	n = *counted;
	munmap(counted, sizeof(*counted));
	return n;
}

/* One process's share of a way: every PROCESSES-th run. */
static void
fail_share(const struct way *way, long calls, long limit, uint64_t seed, unsigned share)
{
	long step = limit > 0 && calls > limit ? calls / limit : 1, i = 0;
	char live[320];

	snprintf(live, sizeof(live), "%s/live%u", folder, share);
	for (long nth = 1 + (long)(seed % (uint64_t)step); nth <= calls; nth += step)
		for (int stays = 0; stays < (way->once_only ? 1 : 2); stays++)
			if (i++ % PROCESSES == share && !tally->broken)
				run_apart(way, nth, stays != 0, live);
}

static void
fail_way(const struct way *way, long limit, uint64_t seed)
{
	unsigned long runs = tally->runs, failed = tally->failed;
	pid_t child[PROCESSES];
	char live[320];
	long calls;

	snprintf(live, sizeof(live), "%s/live0", folder);
	calls = count_calls(way, live);
	for (unsigned i = 0; i < PROCESSES; i++) {
		if ((child[i] = fork()) == 0) {
			fail_share(way, calls, limit, seed, i);
			_exit(0);
		}
	}
	for (unsigned i = 0; i < PROCESSES; i++)
		waitpid(child[i], NULL, 0);
	printf("# %s: %ld calls, %lu runs, %lu met a failure\n", way->name, calls, tally->runs - runs,
	    tally->failed - failed);
	fflush(stdout);
	if (tally->broken)
		give_up(tally->why);
	if (tally->failed == failed)
		give_up("nothing was failed");
}

/* A folder with users, collections, items and indexes, at rest. */
static void
make_base(uint64_t seed)
{
	char data[320], why[512];
	struct err err;

	snprintf(data, sizeof(data), "%s/base", folder);
	inside_empty(data);
	snprintf(data, sizeof(data), "%s/base/data", folder);
	base.random = seed * 0x9e3779b97f4a7c15u + 1;
	if (!inside_start(data, &err))
		give_up(err.text);
	if (!words_begin(&base, why, sizeof(why)))
		give_up(why);
	for (unsigned i = 0; i < 8; i++)
		words_wave(&base, 3);
	inside_stop();
}

int
main(int argc, char **argv)
{
	uint64_t limit, seed;

	if (argc < 4 || argc > 5 || !num_parse(argv[2], 0, 1000000, &limit) ||
	    !num_parse(argv[3], 1, 1u << 30, &seed))
		give_up("usage: fail_nth FOLDER LIMIT SEED [NAME]");
	snprintf(folder, sizeof(folder), "%s", argv[1]);
	log_init(LOG_ERROR, false);
	seam_memory();
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tally == MAP_FAILED)
		give_up("no memory");
	make_base(seed);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (argc < 5 || strcmp(argv[4], ways[i].name) == 0)
			fail_way(&ways[i], (long)limit, seed);
	printf("failing calls: %lu runs, %lu met a failure, %lu requests refused, %lu unknown, all words"
	       " kept\n", tally->runs, tally->failed, tally->refused, tally->unknown);
	words_fini(&base);
	return 0;
}
