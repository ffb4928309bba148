/*
 * embed.c - texts to vectors, as add would store them.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "base64.h"
#include "batch.h"
#include "command.h"
#include "num.h"

#define EMBED_ITEMS 100		/* in a batch: a vector's answer is some ten times its text */

static json_t *
make_args(void *arg, const struct batch *b)
{
	struct app *app = arg;
	json_t *args = app_args(app);

	if (args != NULL && json_object_set(args, "texts", b->items) != 0) {
		json_decref(args);
		return NULL;
	}
	return args;
}

/* The vector as base64 of little-endian float32; NULL: no memory. */
static json_t *
to_base64(const json_t *vector)
{
	size_t n = json_array_size(vector);
	unsigned char *bytes = num_alloc(n, sizeof(uint32_t));
	char *text = num_alloc(BASE64_LEN(n * sizeof(uint32_t)) + 1, 1);
	json_t *out = NULL;
	uint32_t bits;
	float x;

	for (size_t i = 0; bytes != NULL && i < n; i++) {
		x = (float)json_number_value(json_array_get(vector, i));
		memcpy(&bits, &x, sizeof(bits));
		for (int k = 0; k < 4; k++)
			bytes[4 * i + (size_t)k] = (unsigned char)(bits >> (8 * k));
	}
	if (bytes != NULL && text != NULL) {
		base64_encode(bytes, n * sizeof(uint32_t), text);
		out = json_string(text);
	}
	free(bytes);
	free(text);
	return out;
}

static void
print_vector(struct app *app, json_t *text, json_t *vector)
{
	json_t *shown = app_given(app, OPT_BASE64) ? to_base64(vector) : json_incref(vector);
	json_t *object;

	if (app->out.form != OUT_JSON) {
		if (json_is_string(shown))
			out_line(&app->out, json_string_value(shown));
		else
			out_json(&app->out, shown);
	} else if ((object = json_pack("{s:O, s:O}", "text", text, "vector", shown)) != NULL) {
		out_json(&app->out, object);
		json_decref(object);
	}
	json_decref(shown);
}

static void
answer(void *arg, struct batch_run *run, const struct batch *b, json_t *result)
{
	json_t *vector;
	size_t i;

	json_array_foreach(json_object_get(result, "vectors"), i, vector) {
		print_vector(arg, json_array_get(b->items, i), vector);
	}
	batch_done(run, b->n);
}

int
cmd_embed(struct app *app)
{
	struct batch_job job = { .op = "embed",
		.verb = "embedded",
		.items = EMBED_ITEMS,
		.window = 1,
		.progress = PROGRESS_NO_RESULTS,
		.item = batch_text,
		.args = make_args,
		.answer = answer,
		.arg = app };
	bool input =
	    app_from_stdin(app, false) || (app->args.nwords == 0 && app_given(app, OPT_NUL));
	struct feed feed = { 0 };
	int rc;

	if (!input && app->args.nwords == 0)
		return app_usage(app, "embed what? a text, or - to read lines from standard input");
	if (input)
		feed_stdin(&feed, app_given(app, OPT_NUL) ? '\0' : '\n', WIRE_TEXT_MAX);
	else
		feed_words(&feed, app->args.words, app->args.nwords);
	if ((rc = app_open(app, APP_TOKEN)) == 0)
		rc = batch_run(app, &job, &feed);
	feed_fini(&feed);
	return rc;
}
