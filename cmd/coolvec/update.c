/*
 * update.c - another text, vector or meta under the same id.
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "command.h"
#include "say.h"
#include "vectors.h"
#include "wire.h"

/* All of standard input as one text; the LF that ends it is not part of it. */
static int
read_text(struct buf *b)
{
	char *to;
	ssize_t n;

	b->max = WIRE_TEXT_MAX + 4096;
	do {
		if ((to = buf_room(b, 4096)) == NULL) {
			say_error("the text is over %zu bytes", WIRE_TEXT_MAX);
			return EXIT_USAGE;
		}
		if ((n = read(STDIN_FILENO, to, 4096)) > 0)
			buf_used(b, (size_t)n);
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0) {
		say_error("cannot read standard input: %s", strerror(errno));
		return EXIT_FAILED;
	}
	if (b->len > 0 && b->p[b->len - 1] == '\n')
		b->len--;
	return 0;
}

static int
put_text(const struct app *app, json_t *args)
{
	const char *text = app_value(app, OPT_TEXT);
	struct buf b = { 0 };
	int rc = 0;

	if (text == NULL)
		return 0;
	if (strcmp(text, "-") == 0)
		rc = read_text(&b);
	else
		buf_puts(&b, text);
	if (rc == 0 &&
	    json_object_set_new(args, "text", json_stringn(b.p != NULL ? b.p : "", b.len)) != 0)
		rc = app_usage(app, "the text is not UTF-8");
	buf_fini(&b);
	return rc;
}

static int
put_vector(const struct app *app, json_t *args)
{
	struct err err = { 0 };
	json_t *vectors = NULL;
	int rc;

	if (!app_given(app, OPT_VECTOR))
		return 0;
	if ((rc = vectors_read(app_value(app, OPT_VECTOR), &vectors, &err)) != 0)
		say_error("%s", err.text);
	else if (json_array_size(vectors) != 1)
		rc = app_usage(app, "%zu vectors for one item", json_array_size(vectors));
	else if (json_object_set(args, "vector", json_array_get(vectors, 0)) != 0)
		rc = app_no_memory();
	json_decref(vectors);
	return rc;
}

static int
put_meta(const struct app *app, json_t *args)
{
	json_t *meta;
	int rc;

	if (!app_given(app, OPT_META))
		return 0;
	if ((rc = app_meta(app, app_value(app, OPT_META), &meta)) == 0 &&
	    json_object_set_new(args, "meta", meta) != 0)
		rc = app_no_memory();
	return rc;
}

static int
make_args(const struct app *app, json_t *args)
{
	json_int_t id;
	int rc;

	if (!app_given(app, OPT_TEXT) && !app_given(app, OPT_META) && !app_given(app, OPT_VECTOR))
		return app_usage(app, "update what? --text, --meta or --vector");
	if ((rc = app_id(app, app->args.words[0], &id)) != 0 || (rc = put_text(app, args)) != 0 ||
	    (rc = put_vector(app, args)) != 0 || (rc = put_meta(app, args)) != 0)
		return rc;
	return json_object_set_new(args, "id", json_integer(id)) == 0 ? 0 : app_no_memory();
}

int
cmd_update(struct app *app)
{
	struct client_reply r = { 0 };
	json_t *args = app_args(app);
	int rc;

	if (args == NULL)
		return app_no_memory();
	if ((rc = make_args(app, args)) != 0 || (rc = app_open(app, APP_TOKEN)) != 0) {
		json_decref(args);
		return rc;
	}
	if ((rc = app_call_once(app, "update", args, &r)) == 0)
		out_id(&app->out, json_integer_value(json_object_get(r.result, "id")));
	client_reply_fini(&r);
	return rc;
}
