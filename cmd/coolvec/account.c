/*
 * account.c - register, login, logout, passwd, whoami.
 */

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "command.h"
#include "say.h"
#include "secret.h"
#include "token.h"
#include "wire.h"

enum { ASK_ONCE, ASK_TWICE };

/* From --password-file and the like, else from the terminal. */
static int
get_password(struct app *app, enum opt file, const char *prompt, int times, char **secret)
{
	struct err err = { 0 };
	char *again = NULL;
	int rc;

	if (app_given(app, file))
		rc = secret_read(app_value(app, file), secret, &err);
	else
		rc = secret_ask(prompt, secret, &err);
	if (rc == 0 && times == ASK_TWICE && !app_given(app, file)) {
		rc = secret_ask("the same again: ", &again, &err);
		if (rc == 0 && strcmp(*secret, again) != 0)
			rc = err_set(&err, EXIT_USAGE, "the two passwords are not the same");
		secret_free(again);
	}
	if (rc != 0)
		say_error("%s", err.text);
	return rc;
}

/* register and login ask the same. */
static int
call_with_password(struct app *app, const char *op, int times, struct client_reply *r)
{
	char *secret = NULL;
	json_t *args = NULL;
	int rc;

	secret_wipe_json();
	if ((rc = app_open(app, APP_ANY_TOKEN)) != 0 ||
	    (rc = get_password(app, OPT_PASSWORD_FILE, "password: ", times, &secret)) != 0)
		goto out;
	if ((args = json_pack("{s:s, s:s}", "username", app->args.words[0], "password", secret)) ==
	    NULL)
		rc = app_usage(app, "the name or the password is not UTF-8");
	else
		rc = app_call(app, op, args, r);
out:
	secret_free(secret);
	return rc;
}

int
cmd_register(struct app *app)
{
	struct client_reply r = { 0 };
	int rc = call_with_password(app, "register", ASK_TWICE, &r);

	if (rc == 0 && app->out.form == OUT_JSON)
		out_json(&app->out, r.result);
	if (rc == 0)
		say_note(app->quiet || !isatty(STDERR_FILENO), "registered; next: coolvec login %s",
		    app->args.words[0]);
	client_reply_fini(&r);
	return rc;
}

static int
keep_token(struct app *app, const char *token)
{
	char path[PATH_MAX];
	struct err err = { 0 };

	if (token_path(app->socket, path, sizeof(path), &err) == 0 &&
	    token_store(path, token, &err) == 0)
		return 0;
	say_error("%s", err.text);
	return EXIT_FAILED;
}

/* The token goes to its file and nowhere else. */
int
cmd_login(struct app *app)
{
	struct client_reply r = { 0 };
	const char *token;
	int rc = call_with_password(app, "login", ASK_ONCE, &r);

	if (rc != 0)
		return rc;
	token = json_string_value(json_object_get(r.result, "access_token"));
	if (token == NULL) {
		say_error("the daemon sent no token");
		rc = EXIT_FAILED;
	} else if ((rc = keep_token(app, token)) == 0 && app->out.form == OUT_JSON) {
		json_object_del(r.result, "access_token");
		out_json(&app->out, r.result);
	}
	if (rc == 0)
		say_note(app->quiet || !isatty(STDERR_FILENO), "logged in for %lld minutes",
		    (long long)json_integer_value(json_object_get(r.result, "expires_in")) / 60);
	client_reply_fini(&r);
	return rc;
}

/* The stored token is of no use any more. */
static int
drop_token(struct app *app)
{
	char path[PATH_MAX];
	struct err err = { 0 };

	if (!app->token_is_stored || (token_path(app->socket, path, sizeof(path), &err) == 0 &&
	    token_remove(path, &err) == 0))
		return 0;
	say_error("%s", err.text);
	return EXIT_FAILED;
}

/* A session that has ended by itself is one that is logged out. */
int
cmd_logout(struct app *app)
{
	struct client_reply r = { 0 };
	struct err err = { 0 };
	int rc;

	if ((rc = app_open(app, APP_TOKEN)) != 0)
		return rc;
	if ((rc = client_call(app->client, "logout", app->token, NULL, &r, &err)) != 0)
		return app_lost(app, rc, &err);
	if (r.code != WIRE_OK && !(r.code == WIRE_UNAUTHENTICATED && app->token_is_stored))
		rc = app_refused(app, &r);
	else
		rc = drop_token(app);
	if (rc == 0 && r.code == WIRE_OK && app->out.form == OUT_JSON)
		out_json(&app->out, r.result);
	client_reply_fini(&r);
	return rc;
}

int
cmd_passwd(struct app *app)
{
	struct client_reply r = { 0 };
	char *before = NULL, *after = NULL;
	json_t *args;
	int rc;

	secret_wipe_json();
	if (app_given(app, OPT_PASSWORD_FILE) != app_given(app, OPT_NEW_PASSWORD_FILE))
		return app_usage(app, "--password-file and --new-password-file go together");
	if ((rc = app_open(app, APP_TOKEN)) != 0 ||
	    (rc = get_password(app, OPT_PASSWORD_FILE, "old password: ", ASK_ONCE, &before)) != 0 ||
	    (rc = get_password(app, OPT_NEW_PASSWORD_FILE, "new password: ", ASK_TWICE, &after)) !=
		0)
		goto out;
	if ((args = json_pack("{s:s, s:s}", "old_password", before, "new_password", after)) == NULL)
		rc = app_usage(app, "a password is not UTF-8");
	else if ((rc = app_call(app, "passwd", args, &r)) == 0)
		rc = drop_token(app);
	if (rc == 0 && app->out.form == OUT_JSON)
		out_json(&app->out, r.result);
	if (rc == 0)
		say_note(app->quiet || !isatty(STDERR_FILENO),
		    "changed; log in again: coolvec login %s",
		    json_string_value(json_object_get(r.result, "username")));
out:
	secret_free(before);
	secret_free(after);
	client_reply_fini(&r);
	return rc;
}

int
cmd_whoami(struct app *app)
{
	struct client_reply r = { 0 };
	int rc;

	if ((rc = app_open(app, APP_TOKEN)) != 0 ||
	    (rc = app_call(app, "whoami", json_object(), &r)) != 0)
		return rc;
	if (app->out.form == OUT_JSON)
		out_json(&app->out, r.result);
	else
		out_line(&app->out, json_string_value(json_object_get(r.result, "username")));
	client_reply_fini(&r);
	return rc;
}
