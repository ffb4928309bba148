/*
 * crash_states.c - the power fails after every single thing done to the disk.
 *
 * usage: crash_states FOLDER STATES SEED [PROCESSES]
 *
 * A daemon serves a load, from its first start on, through restarts and checkpoints, on a disk that
 * remembers every event (seam.h).  Then the power is cut after each event, with nothing of what was
 * not synced, with all of it, and with parts drawn by lot (disk.h), and a daemon is started on what is
 * left and held to the words given before (words.h).  Load follows on load, each with another seed,
 * until STATES different states have been recovered.  FOLDER should be in memory: /dev/shm.
 *
 * Ends with a line of figures; exit status 1 and a sentence at the first broken word.
 */

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "disk.h"
#include "log.h"
#include "num.h"
#include "words.h"

#define WAVES 20
#define CHOICES 20		/* ways to cut after one event */
#define LOGIN_EVERY 16		/* a login takes a fifth of a second */

/* What all processes count together. */
struct tally {
	unsigned long states, cuts, events;
	bool broken;
	char why[1024];
};

static struct tally *tally;
static uint64_t wanted;
static char folder[256];

static void
give_up(const char *what)
{
	fprintf(stderr, "crash_states: %s\n", what);
	exit(1);
}

/* --- the load ----------------------------------------------------------------------------------- */

/* Time goes on far enough for a checkpoint to be due, and it is made. */
static void
checkpoint(struct words *w)
{
	seam_clock_skip(60);
	for (int i = 0; i < WORDS_COLLECTIONS; i++)
		inside_rest(w->token, words_collections[i]);
}

static void
restart(const char *data)
{
	struct err err;

	inside_stop();
	if (!inside_start(data, &err))
		give_up(err.text);
}

/* A wave while a collection is compacted. */
static void
compact(struct words *w, unsigned i)
{
	json_t *args = json_pack("{s:s}", "collection", words_collections[i % 4 == 3]), *result;
	struct asked asked;
	char why[512];

	inside_ask(&asked, "compact", w->token, args, 0);
	words_wave(w, 2);
	if (inside_answer(&asked, &result, why, sizeof(why)) != WIRE_OK)
		give_up(why);
	json_decref(result);
	json_decref(args);
}

/* Serve the load and write down what was done. */
static void
serve(struct words *w, uint64_t seed)
{
	char live[300], data[320], why[512];
	struct err err;

	snprintf(live, sizeof(live), "%s/live", folder);
	snprintf(data, sizeof(data), "%s/data", live);
	inside_empty(live);
	*w = (struct words){ .random = seed * 0x9e3779b97f4a7c15u + 1 };
	seam_root(live);
	seam_record();
	if (!inside_start(data, &err))
		give_up(err.text);
	if (!words_begin(w, why, sizeof(why)))
		give_up(why);
	for (unsigned i = 0; i < WAVES; i++) {
		words_wave(w, 1 + (i + seed) % 4);
		if (i % 6 == 5)
			compact(w, i);
		if (i % 9 == 5)
			checkpoint(w);
		if (i % 9 == 8)
			restart(data);
	}
	inside_stop();
	seam_record_stop();
	for (size_t i = 0; i < seam_nevents(); i++)
		if (seam_event(i)->type == EVENT_NOTE)
			w->requests[seam_event(i)->n - 1].answered = i + 1;
	for (size_t i = 0; i < w->n; i++)
		if (w->requests[i].code != WIRE_OK)
			give_up("a request was refused");
}

/* --- the states --------------------------------------------------------------------------------- */

/* Numbers of states that were recovered already: a state and what had been promised by then. */
struct seen {
	uint64_t *list;
	size_t n, room;		/* room is a power of two */
};

static bool
seen_before(struct seen *s, uint64_t print)
{
	if (2 * s->n >= s->room) {
		struct seen larger = { .room = s->room != 0 ? 2 * s->room : 1024 };

		if ((larger.list = calloc(larger.room, sizeof(*larger.list))) == NULL)
			abort();
		for (size_t i = 0; i < s->room; i++)
			if (s->list[i] != 0)
				seen_before(&larger, s->list[i]);
		free(s->list);
		*s = larger;
	}
	for (size_t i = print;; i++) {
		uint64_t *at = &s->list[i & (s->room - 1)];

		if (*at == print)
			return true;
		if (*at == 0) {
			*at = print;
			s->n++;
			return false;
		}
	}
}

/* What has been promised or asked by event `at`, as a number. */
static uint64_t
promised(const struct words *w, size_t at)
{
	uint64_t n = (at >= w->registered) + (at >= w->logged_in);

	for (int i = 0; i < WORDS_COLLECTIONS; i++)
		n += at >= w->created[i];
	for (size_t i = 0; i < w->n; i++)
		n += (w->requests[i].asked <= at) + (w->requests[i].answered <= at) * 1000u;
	return n;
}

/* Registered and not logged in yet: the password must do. */
static bool
check_login(const struct words *w, size_t at, unsigned choice, char *why, size_t n)
{
	json_t *who, *result;
	bool ok;

	if (at < w->registered || at >= w->logged_in || choice % LOGIN_EVERY != 0)
		return true;
	who = json_pack("{s:s, s:s}", "username", "ann", "password", "a long password");
	ok = inside_call("login", NULL, who, &result, why, n) == WIRE_OK;
	json_decref(who);
	json_decref(result);
	return ok;
}

static bool
recover(const struct words *w, size_t at, unsigned choice, const char *data, char *why, size_t n)
{
	struct err err;
	bool ok;

	if (!inside_start(data, &err)) {
		snprintf(why, n, "it does not start: %s", err.text);
		return false;
	}
	ok = check_login(w, at, choice, why, n) && words_check(w, at, data, why, n);
	inside_stop();
	return ok;
}

static void
report(uint64_t seed, size_t at, unsigned choice, const char *why)
{
	const struct event *e = seam_event(at - 1);

	if (!__atomic_test_and_set(&tally->broken, __ATOMIC_SEQ_CST))
		snprintf(tally->why, sizeof(tally->why),
		    "seed %llu, cut %u after event %zu (type %d %s): %s", (unsigned long long)seed,
		    choice, at, (int)e->type, e->name != NULL ? e->name : "", why);
}

/* The cuts after one event; false at a broken word. */
static bool
cut(const struct words *w, struct disk *d, struct seen *seen, uint64_t seed, size_t at,
    const char *state)
{
	char data[320], why[800];
	bool depends = true;
	uint64_t print;

	snprintf(data, sizeof(data), "%s/data", state);
	for (unsigned i = 0; i < CHOICES && depends; i++) {
		inside_empty(state);
		depends = disk_cut(d, i < 2 ? (enum disk_choice)i : DISK_CHANCE,
		    seed * 1000003 + at * 64 + i, state, &print);
		__atomic_fetch_add(&tally->cuts, 1, __ATOMIC_RELAXED);
		if (seen_before(seen, (print + promised(w, at) * 0x9e3779b97f4a7c15u) | 1))
			continue;
		if (!recover(w, at, i, data, why, sizeof(why))) {
			report(seed, at, i, why);
			return false;
		}
		__atomic_fetch_add(&tally->states, 1, __ATOMIC_RELAXED);
	}
	return true;
}

/* One process: every `step`th event from `first` on. */
static void
cut_all(const struct words *w, uint64_t seed, size_t first, size_t step)
{
	struct disk *d = disk_new(seam_root_node());
	struct seen seen = { 0 };
	char state[300];

	snprintf(state, sizeof(state), "%s/cut%zu", folder, first);
	for (size_t i = 0; i < seam_nevents() && !tally->broken; i++) {
		disk_apply(d, seam_event(i));
		if (i % step == first && !cut(w, d, &seen, seed, i + 1, state))
			break;
	}
	disk_free(d);
	free(seen.list);
}

static void
run(uint64_t seed, unsigned processes)
{
	struct words w;
	pid_t child[64];

	serve(&w, seed);
	for (unsigned i = 0; i < processes; i++) {
		if ((child[i] = fork()) < 0)
			give_up("no process");
		if (child[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			cut_all(&w, seed, i, processes);
			_exit(0);
		}
	}
	for (unsigned i = 0; i < processes; i++) {
		int status;

		waitpid(child[i], &status, 0);
		if (status != 0 && !__atomic_test_and_set(&tally->broken, __ATOMIC_SEQ_CST))
			snprintf(tally->why, sizeof(tally->why),
			    "seed %llu: the daemon died of signal %d", (unsigned long long)seed,
			    WTERMSIG(status));
	}
	tally->events += seam_nevents();
	words_fini(&w);
}

int
main(int argc, char **argv)
{
	uint64_t seed, processes = 2, loads = 0;
	struct timespec from, to;

	if (argc < 4 || argc > 5 || !num_parse(argv[2], 1, 1u << 30, &wanted) ||
	    !num_parse(argv[3], 1, 1u << 30, &seed) ||
	    (argc == 5 && !num_parse(argv[4], 1, 64, &processes)))
		give_up("usage: crash_states FOLDER STATES SEED [PROCESSES]");
	snprintf(folder, sizeof(folder), "%s", argv[1]);
	log_init(LOG_ERROR, false);
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tally == MAP_FAILED)
		give_up("no memory");
	timespec_get(&from, TIME_UTC);
	for (; tally->states < wanted && !tally->broken; loads++)
		run(seed + loads, (unsigned)processes);
	if (tally->broken)
		give_up(tally->why);
	timespec_get(&to, TIME_UTC);
	printf("crash states: %lu different states of %lu cuts after %lu events of %llu loads, all words"
	       " kept, %ld s\n", tally->states, tally->cuts, tally->events, (unsigned long long)loads,
	    (long)(to.tv_sec - from.tv_sec));
	return 0;
}
