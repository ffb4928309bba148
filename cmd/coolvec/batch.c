/*
 * batch.c - the loop that reads, sends and takes answers.
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "batch.h"
#include "interrupt.h"
#include "num.h"
#include "progress.h"
#include "say.h"
#include "text.h"

#define IDLE_MS 20		/* without input for so long, what there is goes */
#define LAST_ANSWER_MS 2000	/* Ctrl-C waits so long for a batch that is under way */
#define REPEATS_MAX 6		/* repeats of a batch that is busy or unknown: 50 ms to 1.6 s apart */

struct batch_run {
	struct app *app;
	const struct batch_job *job;
	struct feed *feed;
	struct batch *next;		/* is being filled */
	struct batch *sent[BATCH_WINDOW];	/* oldest first */
	size_t nsent;
	bool ended;			/* the feed has */
	bool stopped;			/* by a failure */
	int status;			/* of the failure, or of the first bad item */
	uint64_t done, bad;
	int interrupt;			/* a descriptor */
};

static void
batch_free(struct batch *b)
{
	if (b == NULL)
		return;
	json_decref(b->items);
	free(b);
}

static void
stop(struct batch_run *run, int status)
{
	run->stopped = true;
	run->status = status;
}

static struct batch *
batch_new(struct batch_run *run)
{
	struct batch *b = calloc(1, sizeof(*b));

	if (b == NULL || (b->items = json_array()) == NULL) {
		batch_free(b);
		stop(run, app_no_memory());
		return NULL;
	}
	app_request_id(b->request_id);
	return b;
}

void
batch_done(struct batch_run *run, size_t n)
{
	run->done += n;
}

void
batch_bad(struct batch_run *run, uint64_t place, int status, const char *reason)
{
	say_bad(place > 0 ? run->feed->unit : NULL, place, reason);
	if (run->bad++ == 0 && !run->stopped)
		run->status = status;
}

/* --- items --------------------------------------------------------------------------------------- */

json_t *
batch_text(void *arg, const struct record *r, char *why, size_t nwhy)
{
	json_t *text;

	(void)arg;
	if (r->n == 0)
		snprintf(why, nwhy, "the text is empty");
	else if (r->n > WIRE_TEXT_MAX)
		snprintf(why, nwhy, "the text is over %zu bytes", WIRE_TEXT_MAX);
	else if ((text = json_stringn(r->p, r->n)) != NULL)
		return text;
	else
		snprintf(why, nwhy, "the text is not UTF-8");
	return NULL;
}

json_t *
batch_id(void *arg, const struct record *r, char *why, size_t nwhy)
{
	char word[24];
	uint64_t id;

	(void)arg;
	snprintf(word, sizeof(word), "%.*s", (int)(r->n < sizeof(word) ? r->n : sizeof(word)), r->p);
	if (r->n < sizeof(word) && num_parse(word, 0, INT64_MAX, &id))
		return json_integer((json_int_t)id);
	snprintf(why, nwhy, "an id is a number from 0, not \"%.*s\"", (int)(r->n < 60 ? r->n : 60), r->p);
	return NULL;
}

static bool
is_full(const struct batch_run *run)
{
	return run->next->n >= run->job->items || run->next->bytes >= BATCH_BYTES;
}

static void
put_item(struct batch_run *run, const struct record *r)
{
	struct batch *b = run->next;
	char why[160] = "out of memory";
	json_t *item;

	if (r->too_long) {
		snprintf(why, sizeof(why), "longer than %zu bytes", run->feed->max);
		batch_bad(run, r->place, EXIT_USAGE, why);
		return;
	}
	if ((item = run->job->item(run->job->arg, r, why, sizeof(why))) == NULL) {
		batch_bad(run, r->place, EXIT_USAGE, why);
	} else if (json_array_append_new(b->items, item) != 0) {
		stop(run, app_no_memory());
	} else {
		b->places[b->n++] = r->place;
		b->bytes += r->n;
	}
}

/* Take what the feed has, until the batch is full. */
static void
gather(struct batch_run *run)
{
	struct record r;

	if (run->next == NULL)
		run->next = batch_new(run);
	while (!run->stopped && !run->ended && !is_full(run)) {
		switch (feed_next(run->feed, &r)) {
		case FEED_RECORD:
			put_item(run, &r);
			break;
		case FEED_END:
			run->ended = true;
			break;
		case FEED_WAIT:
			return;
		}
	}
}

/* --- to the daemon ------------------------------------------------------------------------------- */

static int
transmit(struct batch_run *run, struct batch *b, struct err *err)
{
	json_t *args = run->job->args(run->job->arg, b);
	int rc = CLIENT_ENOMEM;

	err_set(err, CLIENT_ENOMEM, "out of memory");
	if (args != NULL && (!run->job->change ||
	    json_object_set_new(args, "request_id", json_string(b->request_id)) == 0))
		rc = client_send(run->app->client, run->job->op, run->app->token, args, err);
	json_decref(args);
	return rc;
}

/* What Ctrl-C and failures must not leave open: which items may have been stored or not. */
static void
say_open(const struct batch_run *run)
{
	const char *unit = run->feed->unit;
	const struct batch *b;

	if (run->nsent == 0 || !run->job->change)
		return;
	b = run->sent[run->nsent - 1];
	if (unit != NULL)
		say_error("of %ss %llu to %llu it is not known whether they were %s", unit,
		    (unsigned long long)run->sent[0]->places[0], (unsigned long long)b->places[b->n - 1],
		    run->job->verb);
	else
		say_error("it is not known whether it was %s", run->job->verb);
}

/* The connection failed: make it anew and repeat all that was not answered, or stop. */
static void
recover(struct batch_run *run, int rc, struct err *err)
{
	bool again = rc == CLIENT_ELOST;

	for (size_t i = 0; i < run->nsent; i++)
		if (run->sent[i]->resends++ > 0)
			again = false;
	if (again && (rc = app_reopen(run->app, err)) == 0)
		for (size_t i = 0; rc == 0 && i < run->nsent; i++)
			rc = transmit(run, run->sent[i], err);
	if (rc == 0)
		return;
	stop(run, app_lost(run->app, rc, err));
	if (rc != CLIENT_EBIG)
		say_open(run);
}

static void
send_batch(struct batch_run *run, struct batch *b)
{
	struct err err = { 0 };
	int rc;

	run->sent[run->nsent++] = b;
	if ((rc = transmit(run, b, &err)) != 0)
		recover(run, rc, &err);
}

/* --- answers ------------------------------------------------------------------------------------- */

/* The items of a refused batch without those that `detail` calls bad, which are told. */
static struct batch *
without_bad(struct batch_run *run, const struct batch *b, const json_t *items)
{
	bool bad[BATCH_ITEMS] = { false };
	struct batch *rest;
	size_t i;
	json_t *e;

	json_array_foreach(items, i, e) {
		json_int_t at = json_integer_value(json_object_get(e, "index"));
		const char *name = json_string_value(json_object_get(e, "name"));
		const char *message = json_string_value(json_object_get(e, "message"));
		if (at < 0 || (size_t)at >= b->n || bad[at] || name == NULL || message == NULL)
			continue;
		bad[at] = true;
		batch_bad(run, b->places[at], wire_error(wire_code(name))->exit, message);
	}
	if ((rest = batch_new(run)) == NULL)
		return NULL;
	for (i = 0; i < b->n; i++) {
		if (bad[i])
			continue;
		if (json_array_append(rest->items, json_array_get(b->items, i)) != 0) {
			stop(run, app_no_memory());
			break;
		}
		rest->places[rest->n++] = b->places[i];
	}
	return rest;
}

/* Whether the refusal is about the one item, so that the next one may do better. */
static bool
is_about_item(const struct batch_run *run, const struct batch *b, enum wire_code code)
{
	if (b->n != 1)
		return false;
	return code == WIRE_BAD_REQUEST || code == WIRE_TOO_LARGE || code == WIRE_DIMENSION_MISMATCH ||
	    (code == WIRE_NOT_FOUND && run->job->by_id);
}

/* Busy passes, and what became of an unknown one is asked by repeating it. */
static bool
repeat_later(struct batch_run *run, struct batch *b, enum wire_code code)
{
	struct timespec nap = { 0 };
	long ms = 50L << b->repeats;

	if ((code != WIRE_BUSY && code != WIRE_UNKNOWN) || run->job->window != 1 || b->repeats >= REPEATS_MAX)
		return false;
	nap.tv_sec = ms / 1000;
	nap.tv_nsec = ms % 1000 * 1000000;
	nanosleep(&nap, NULL);
	b->repeats++;
	return true;
}

/* The batch `b` was refused.  Takes it. */
static void
refused(struct batch_run *run, struct batch *b, const struct client_reply *r)
{
	json_t *items = json_object_get(r->detail, "items");
	struct batch *rest = NULL;

	if (repeat_later(run, b, r->code)) {
		send_batch(run, b);
		return;
	}
	if (json_array_size(items) > 0 && run->job->window == 1) {
		rest = without_bad(run, b, items);
	} else if (is_about_item(run, b, r->code)) {
		batch_bad(run, b->places[0], wire_error(r->code)->exit, r->message);
	} else {
		stop(run, app_refused(run->app, r));
	}
	if (rest != NULL && rest->n == b->n)
		stop(run, app_refused(run->app, r));	/* it called none of ours bad */
	else if (rest != NULL && rest->n > 0)
		send_batch(run, rest), rest = NULL;
	batch_free(rest);
	batch_free(b);
}

static void
receive(struct batch_run *run)
{
	struct client_reply r;
	struct err err = { 0 };
	struct batch *b = run->sent[0];
	int rc;

	if ((rc = client_recv(run->app->client, &r, &err)) != 0) {
		recover(run, rc, &err);
		return;
	}
	memmove(run->sent, run->sent + 1, --run->nsent * sizeof(run->sent[0]));
	if (r.code == WIRE_OK) {
		app_saw(run->app, r.result);
		progress_hide();
		run->job->answer(run->job->arg, run, b, r.result);
		if (!out_flush(&run->app->out))
			stop(run, EXIT_FAILED);
		batch_free(b);
	} else {
		refused(run, b, &r);
	}
	client_reply_fini(&r);
}

/* --- the loop ------------------------------------------------------------------------------------ */

/* Wait for input, an answer or Ctrl-C; true when none came for IDLE_MS and the batch should go. */
static bool
wait_for_any(struct batch_run *run)
{
	bool may_send = run->next->n > 0 && run->nsent < run->job->window;
	struct pollfd p[3] = {
		{ .fd = run->interrupt, .events = POLLIN },
		{ .fd = run->nsent > 0 ? client_fd(run->app->client) : -1, .events = POLLIN },
		{ .fd = run->ended || is_full(run) ? -1 : STDIN_FILENO, .events = POLLIN },
	};
	int due = progress_due();
	int ms = may_send ? IDLE_MS : -1;
	int n;

	if (due >= 0 && (ms < 0 || due < ms))
		ms = due;
	n = poll(p, 3, ms);
	progress_step(run->done, run->feed->bytes);
	if (n <= 0)
		return n == 0 && may_send;
	if (p[1].revents != 0)
		receive(run);
	if (p[2].revents != 0)
		feed_fill(run->feed);
	return false;
}

static void
loop(struct batch_run *run)
{
	bool idle = false;

	while (!run->stopped && !interrupt_came()) {
		gather(run);
		if (run->stopped)
			break;
		if (run->next->n > 0 && run->nsent < run->job->window &&
		    (is_full(run) || run->ended || idle)) {
			struct batch *b = run->next;
			run->next = NULL;
			idle = false;
			send_batch(run, b);
			continue;
		}
		if (run->ended && run->nsent == 0 && run->next->n == 0)
			break;
		if (run->nsent > 0 && client_ready(run->app->client))
			receive(run);
		else
			idle = wait_for_any(run);
	}
}

/* After Ctrl-C: what is under way will be done, so its answer is waited for, briefly. */
static void
finish_interrupted(struct batch_run *run)
{
	struct pollfd p = { .events = POLLIN };

	while (run->nsent > 0 && !run->stopped) {
		p.fd = client_fd(run->app->client);
		if (!client_ready(run->app->client) && poll(&p, 1, LAST_ANSWER_MS) <= 0)
			break;
		receive(run);
	}
	say_error("interrupted: %llu %s", (unsigned long long)run->done, run->job->verb);
	say_open(run);
}

static int
status_of(const struct batch_run *run)
{
	if (interrupt_came())
		return EXIT_INTERRUPTED;
	if (!run->stopped && run->bad == 0)
		return EXIT_DONE;
	if (run->app->out.failed != 0)
		return EXIT_FAILED;
	return run->done > 0 ? EXIT_PARTLY : run->status;
}

int
batch_run(struct app *app, const struct batch_job *job, struct feed *feed)
{
	struct batch_run run = { .app = app, .job = job, .feed = feed };

	run.interrupt = interrupt_begin();
	if (job->progress && feed->words == NULL)
		progress_begin(job->verb, feed->total, app_given(app, OPT_PROGRESS));
	loop(&run);
	if (interrupt_came())
		finish_interrupted(&run);
	progress_end(run.done, feed->bytes);
	if (feed->failed != 0) {
		say_error("cannot read standard input: %s", strerror(feed->failed));
		if (!run.stopped)
			stop(&run, EXIT_FAILED);
	} else if (run.stopped && run.done > 0) {
		say_error("%llu %s before that", (unsigned long long)run.done, job->verb);
	}
	for (size_t i = 0; i < run.nsent; i++)
		batch_free(run.sent[i]);
	batch_free(run.next);
	return status_of(&run);
}
