/*
 * distance.c - one number.
 */

#include "app.h"
#include "command.h"

static int
print_distance(struct app *app, json_t *args)
{
	struct client_reply r = { 0 };
	int rc;

	if ((rc = app_open(app, APP_TOKEN)) != 0) {
		json_decref(args);
		return rc;
	}
	if ((rc = app_call(app, "distance", args, &r)) != 0)
		return rc;
	if (app->out.form == OUT_JSON)
		out_json(&app->out, r.result);
	else
		out_value(&app->out, json_object_get(r.result, "distance"));
	client_reply_fini(&r);
	return 0;
}

int
cmd_distance(struct app *app)
{
	json_t *args = app_args(app);
	json_int_t id1 = 0, id2 = 0;
	int rc;

	if (args == NULL)
		return app_no_memory();
	if ((rc = app_id(app, app->args.words[0], &id1)) == 0 &&
	    (rc = app_id(app, app->args.words[1], &id2)) == 0 &&
	    (rc = app_put_string(app, args, OPT_METRIC, "metric")) == 0 &&
	    (json_object_set_new(args, "id1", json_integer(id1)) != 0 ||
	    json_object_set_new(args, "id2", json_integer(id2)) != 0))
		rc = app_no_memory();
	if (rc == 0)
		return print_distance(app, args);
	json_decref(args);
	return rc;
}
