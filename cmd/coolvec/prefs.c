/*
 * prefs.c - the preferred metric and collection; here -c names what to prefer.
 */

#include "app.h"
#include "command.h"

int
cmd_prefs(struct app *app)
{
	struct client_reply r = { 0 };
	json_t *args = json_object();	/* not app_args: here -c is what is set */
	int rc;

	if (args == NULL)
		return app_no_memory();
	if ((rc = app_put_string(app, args, OPT_METRIC, "metric")) != 0 ||
	    (rc = app_put_string(app, args, OPT_COLLECTION, "collection")) != 0 ||
	    (rc = app_open(app, APP_TOKEN)) != 0) {
		json_decref(args);
		return rc;
	}
	if ((rc = app_call(app, "prefs", args, &r)) == 0)
		out_record(&app->out, r.result);
	client_reply_fini(&r);
	return rc;
}
