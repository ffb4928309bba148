/*
 * verify.c - whether what is stored is sound.
 */

#include <string.h>

#include "app.h"
#include "command.h"
#include "say.h"
#include "wire.h"

static bool
is_sound(const json_t *result)
{
	const char *index = json_string_value(json_object_get(result, "index"));

	return json_integer_value(json_object_get(result, "nbad")) == 0 &&
	    json_integer_value(json_object_get(result, "unreachable")) == 0 && index != NULL &&
	    strcmp(index, "ok") == 0;
}

/* What is bad is also said on standard error: `coolvec verify >/dev/null` tells it. */
static int
judge(const json_t *result)
{
	json_t *bad;
	size_t i;

	if (is_sound(result))
		return 0;
	json_array_foreach(json_object_get(result, "bad"), i, bad) {
		say_error("vector %lld: %s",
		    (long long)json_integer_value(json_object_get(bad, "id")),
		    json_string_value(json_object_get(bad, "problem")));
	}
	say_error("not all is sound: %lld bad vectors, %lld unreachable, index: %s",
	    (long long)json_integer_value(json_object_get(result, "nbad")),
	    (long long)json_integer_value(json_object_get(result, "unreachable")),
	    json_string_value(json_object_get(result, "index")));
	return EXIT_MISMATCH;
}

int
cmd_verify(struct app *app)
{
	struct client_reply r = { 0 };
	int rc;

	if ((rc = app_open(app, APP_TOKEN)) != 0 ||
	    (rc = app_call(app, "verify", app_args(app), &r)) != 0)
		return rc;
	rc = judge(r.result);
	if (app->out.form != OUT_JSON)
		json_object_del(r.result, "bad");
	out_record(&app->out, r.result);
	client_reply_fini(&r);
	return rc;
}
