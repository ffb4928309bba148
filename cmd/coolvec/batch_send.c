/*
 * batch_send.c - batches to the daemon, its answers, and what to do when one is no answer.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "batch_run.h"
#include "progress.h"
#include "say.h"

#define REPEATS_MAX 6	/* of a batch that is busy or unknown: 50 ms to 1.6 s apart */

void
batch_free(struct batch *b)
{
	if (b == NULL)
		return;
	json_decref(b->items);
	free(b);
}

void
batch_stop(struct batch_run *run, int status)
{
	run->stopped = true;
	run->status = status;
}

struct batch *
batch_new(struct batch_run *run)
{
	struct batch *b = calloc(1, sizeof(*b) + run->job->items * sizeof(b->places[0]));

	if (b == NULL || (b->items = json_array()) == NULL) {
		batch_free(b);
		batch_stop(run, app_no_memory());
		return NULL;
	}
	app_request_id(b->request_id);
	return b;
}

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
void
batch_say_open(const struct batch_run *run)
{
	const char *unit = run->feed->unit;
	const struct batch *b;

	if (run->nsent == 0 || !run->job->change)
		return;
	b = run->sent[run->nsent - 1];
	if (unit != NULL)
		say_error("of %ss %llu to %llu it is not known whether they were %s", unit,
		    (unsigned long long)run->sent[0]->places[0],
		    (unsigned long long)b->places[b->n - 1], run->job->verb);
	else
		say_error("it is not known whether it was %s", run->job->verb);
}

/* The connection failed: make it anew and repeat all that was not answered, or stop. */
static void
recover(struct batch_run *run, int rc, struct err *err)
{
	bool again = rc == CLIENT_ELOST;

	if (rc == CLIENT_EINTR) {
		batch_stop(run, EXIT_INTERRUPTED);
		return;
	}
	for (size_t i = 0; i < run->nsent; i++)
		if (run->sent[i]->resends++ > 0)
			again = false;
	if (again && (rc = app_reopen(run->app, err)) == 0)
		for (size_t i = 0; rc == 0 && i < run->nsent; i++)
			rc = transmit(run, run->sent[i], err);
	if (rc == 0)
		return;
	batch_stop(run, app_lost(run->app, rc, err));
	if (rc != CLIENT_EBIG)
		batch_say_open(run);
}

void
batch_send(struct batch_run *run, struct batch *b)
{
	struct err err = { 0 };
	int rc;

	run->sent[run->nsent++] = b;
	if ((rc = transmit(run, b, &err)) != 0)
		recover(run, rc, &err);
}

/* --- answers ---------------------------------------------------------------------------------- */

/* The items of a refused batch without those that `detail` calls bad, which are told. */
static struct batch *
without_bad(struct batch_run *run, const struct batch *b, const json_t *items)
{
	bool bad[BATCH_ITEMS_MAX] = { false };
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
			batch_stop(run, app_no_memory());
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
	return code == WIRE_BAD_REQUEST || code == WIRE_TOO_LARGE ||
	       code == WIRE_DIMENSION_MISMATCH || (code == WIRE_NOT_FOUND && run->job->by_id);
}

/* Whether a refused batch, or what is good of it, may be sent after those already on the way. */
static bool
is_resent(const struct batch_run *run)
{
	return run->job->window == 1 || run->job->change;
}

/* Busy passes, and what became of an unknown one is asked by repeating it. */
static bool
repeat_later(struct batch_run *run, struct batch *b, enum wire_code code)
{
	struct timespec nap = { 0 };
	long ms = 50L << b->repeats;

	if ((code != WIRE_BUSY && code != WIRE_UNKNOWN) || !run->job->change ||
	    b->repeats >= REPEATS_MAX)
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
		batch_send(run, b);
		return;
	}
	if (json_array_size(items) > 0 && is_resent(run)) {
		rest = without_bad(run, b, items);
	} else if (is_about_item(run, b, r->code)) {
		batch_bad(run, b->places[0], wire_error(r->code)->exit, r->message);
	} else {
		batch_stop(run, app_refused(run->app, r));
	}
	if (rest != NULL && rest->n == b->n)
		batch_stop(run, app_refused(run->app, r));	/* it called none of ours bad */
	else if (rest != NULL && rest->n > 0 && !run->stopped)
		batch_send(run, rest), rest = NULL;
	batch_free(rest);
	batch_free(b);
}

void
batch_receive(struct batch_run *run)
{
	struct client_reply r;
	struct err err = { 0 };
	struct batch *b = run->sent[0];
	int rc;

	assert(b != NULL);
	if ((rc = client_recv(run->app->client, &r, &err)) != 0) {
		recover(run, rc, &err);
		return;
	}
	run->nsent--;
	for (size_t i = 0; i < run->nsent; i++)
		run->sent[i] = run->sent[i + 1];
	if (r.code == WIRE_OK) {
		app_saw(run->app, r.result);
		progress_hide();
		run->job->answer(run->job->arg, run, b, r.result);
		if (!out_flush(&run->app->out))
			batch_stop(run, EXIT_FAILED);
		batch_free(b);
	} else {
		refused(run, b, &r);
	}
	client_reply_fini(&r);
}
