/*
 * count.c - one number.
 */

#include "app.h"
#include "command.h"

int
cmd_count(struct app *app)
{
	struct client_reply r = { 0 };
	json_t *args = app_args(app);
	int rc;

	if (args == NULL)
		return app_no_memory();
	if ((rc = app_put_string(app, args, OPT_WHERE, "where")) != 0 ||
	    (rc = app_open(app, APP_TOKEN)) != 0) {
		json_decref(args);
		return rc;
	}
	if ((rc = app_call(app, "count", args, &r)) != 0)
		return rc;
	if (app->out.form == OUT_JSON)
		out_json(&app->out, r.result);
	else
		out_value(&app->out, json_object_get(r.result, "count"));
	client_reply_fini(&r);
	return 0;
}
