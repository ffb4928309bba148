/*
 * verify.c - whether what is stored is sound.
 */

#include <string.h>

#include "app.h"
#include "command.h"
#include "say.h"
#include "wire.h"

static bool
is_none(const json_t *result, const char *name)
{
	return json_integer_value(json_object_get(result, name)) == 0;
}

/* A sentence about a file; what was not looked at is not there. */
static bool
is_ok(const json_t *result, const char *name)
{
	const json_t *sentence = json_object_get(result, name);

	return sentence == NULL || strcmp(json_string_value(sentence), "ok") == 0;
}

static bool
is_sound(const json_t *result)
{
	return is_none(result, "nbad") && is_none(result, "unreachable") && is_none(result, "unfound") &&
	    is_ok(result, "index") && is_ok(result, "saved");
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
	if (!is_none(result, "unfound"))
		say_error("%lld vectors are not found by a search for them",
		    (long long)json_integer_value(json_object_get(result, "unfound")));
	if (!is_ok(result, "saved"))
		say_error("%s", json_string_value(json_object_get(result, "saved")));
	return EXIT_MISMATCH;
}

int
cmd_verify(struct app *app)
{
	struct client_reply r = { 0 };
	json_t *args;
	int rc;

	if ((rc = app_open(app, APP_TOKEN)) != 0)
		return rc;
	if ((args = app_args(app)) == NULL)
		return app_no_memory();
	if (app_given(app, OPT_FULL))
		json_object_set_new(args, "full", json_true());
	if (app_given(app, OPT_REPAIR))
		json_object_set_new(args, "repair", json_true());
	if ((rc = app_call(app, "verify", args, &r)) != 0)
		return rc;
	rc = judge(r.result);
	if (app->out.form != OUT_JSON)
		json_object_del(r.result, "bad");
	out_record(&app->out, r.result);
	client_reply_fini(&r);
	return rc;
}
