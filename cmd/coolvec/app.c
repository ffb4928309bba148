/*
 * app.c - settings, connection and calls.
 */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "command.h"
#include "file.h"
#include "interrupt.h"
#include "say.h"
#include "sock.h"
#include "token.h"
#include "wire.h"

#define REOPEN_MS 2000

int
app_no_memory(void)
{
	say_error("out of memory");
	return EXIT_FAILED;
}

/* --env must be there and right; a ./.env that is not ours to judge is only remarked on. */
static int
load_settings(struct app *app)
{
	const char *file = app_value(app, OPT_ENV);
	struct err err = { 0 };

	if (env_load(file != NULL ? file : ".env", file != NULL, &app->env, &err) == 0)
		return 0;
	if (file != NULL) {
		say_error("%s", err.text);
		return EXIT_USAGE;
	}
	say_note(app->quiet, "%s; it is left out", err.text);
	return env_load("/dev/null", 0, &app->env, &err) == 0 ? 0 : app_no_memory();
}

static bool
is_set(const char *s)
{
	return s != NULL && *s != '\0' && strcmp(s, "0") != 0;
}

int
app_init(struct app *app)
{
	const char *given = app_value(app, OPT_SOCKET);
	struct err err = { 0 };
	char *path = NULL;
	int rc = 0;

	app->quiet = app_given(app, OPT_QUIET) || is_set(getenv("COOLVEC_QUIET"));
	if (app->env == NULL && (rc = load_settings(app)) != 0)
		return rc;
	app->quiet = app->quiet || is_set(env_get(app->env, "COOLVEC_QUIET"));
	if (app->socket[0] != '\0')
		return 0;	/* a prompt found it for all its commands */
	if (given == NULL)
		given = path = env_path(app->env, "COOLVEC_SOCKET", NULL);
	if (sock_path(given, false, app->socket, sizeof(app->socket), &err) != 0) {
		say_error("%s", err.text);
		rc = EXIT_NO_DAEMON;
	}
	free(path);
	return rc;
}

static void
forget_token(struct app *app)
{
	if (app->token != NULL)
		file_forget(app->token, strlen(app->token));
	free(app->token);
	app->token = NULL;
	app->token_is_stored = false;
}

void
app_fini(struct app *app)
{
	client_close(app->client);
	app->client = NULL;
	forget_token(app);
	free(app->collection);
	app->collection = NULL;
	env_free(app->env);
	app->env = NULL;
}

/* --- the connection --------------------------------------------------------------------------- */

static int
find_token(struct app *app, struct err *err)
{
	const char *file = app_value(app, OPT_TOKEN_FILE);
	const char *set = env_get(app->env, "COOLVEC_TOKEN");
	char path[PATH_MAX];
	int rc;

	forget_token(app);
	if (file == NULL && set != NULL) {
		if ((app->token = strdup(set)) == NULL)
			return err_set(err, EXIT_FAILED, "out of memory");
		return 0;
	}
	if (file == NULL && token_path(app->socket, path, sizeof(path), err) != 0)
		return EXIT_NOT_ALLOWED;
	if ((rc = token_load(file != NULL ? file : path, &app->token, err)) == 0) {
		app->token_is_stored = file == NULL;
		return 0;
	}
	if (rc > 0 && file != NULL)
		err_set(err, 0, "there is no token file %s", file);
	else if (rc > 0)
		err_set(err, 0, "you are not logged in: coolvec login NAME (coolvec register NAME "
		    "makes a user)");
	return EXIT_NOT_ALLOWED;
}

int
app_try(struct app *app, enum app_need need, struct err *err)
{
	struct err none = { 0 };
	int rc = 0;

	if (app->client == NULL)
		rc = client_open(app->socket, &app->client, err);
	else if (!client_alive(app->client))
		rc = client_reopen(app->client, 0, err);
	if (rc != 0)
		return rc;
	client_watch(app->client, interrupt_session_fd(), -1);
	if (need == APP_ANY_TOKEN)
		(void)find_token(app, &none);
	return need == APP_TOKEN ? find_token(app, err) : 0;
}

int
app_open(struct app *app, enum app_need need)
{
	struct err err = { 0 };
	int rc = app_try(app, need, &err);

	if (rc < 0)
		return app_lost(app, rc, &err);
	if (rc > 0)
		say_error("%s", err.text);
	return rc;
}

int
app_reopen(struct app *app, struct err *err)
{
	return client_reopen(app->client, REOPEN_MS, err);
}

int
app_lost(const struct app *app, int rc, const struct err *err)
{
	switch (rc) {
	case CLIENT_ENONE:
		say_error("no daemon answers at %s; start one with: coolvecd", err->text);
		return EXIT_NO_DAEMON;
	case CLIENT_ELOST:
	case CLIENT_EWIRE:
		say_error("%s (%s)", err->text, app->socket);
		return EXIT_NO_DAEMON;
	case CLIENT_EINTR:
		say_error("%s", err->text);
		return EXIT_INTERRUPTED;
	case CLIENT_EBIG:
		say_error("%s", err->text);
		return EXIT_USAGE;
	default:
		say_error("%s", err->text);
		return EXIT_FAILED;
	}
}

int
app_refused(const struct app *app, const struct client_reply *r)
{
	if (r->code == WIRE_UNAUTHENTICATED && app->token_is_stored)
		say_error("%s; log in again: coolvec login NAME", r->message);
	else
		say_error("%s", r->message);
	return wire_error(r->code)->exit;
}

void
app_saw(struct app *app, const json_t *result)
{
	if (app->lexical_said || !json_is_true(json_object_get(result, "lexical")))
		return;
	app->lexical_said = true;
	say_note(app->quiet, "the local embedder compares words and spelling, not meaning");
}

/* --- calls ------------------------------------------------------------------------------------ */

const char *
app_collection(const struct app *app)
{
	return app_given(app, OPT_COLLECTION) ? app_value(app, OPT_COLLECTION) : app->collection;
}

json_t *
app_args(const struct app *app)
{
	json_t *args = json_object();
	const char *name = app_collection(app);

	if (args != NULL && name != NULL &&
	    json_object_set_new(args, "collection", json_string(name)) != 0) {
		json_decref(args);
		return NULL;
	}
	return args;
}

static int
judge(struct app *app, int rc, struct client_reply *r, const struct err *err)
{
	int status;

	if (rc != 0)
		return app_lost(app, rc, err);
	if (r->code == WIRE_OK) {
		app_saw(app, r->result);
		return 0;
	}
	status = app_refused(app, r);
	client_reply_fini(r);
	return status;
}

int
app_call(struct app *app, const char *op, json_t *args, struct client_reply *r)
{
	struct err err = { 0 };
	int rc;

	if (args == NULL)
		return app_no_memory();
	rc = client_call(app->client, op, app->token, args, r, &err);
	json_decref(args);
	return judge(app, rc, r, &err);
}

void
app_request_id(char id[REQUEST_ID_LEN + 1])
{
	unsigned char bytes[REQUEST_ID_LEN / 2];

	file_random(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(id + 2 * i, 3, "%02x", bytes[i]);
}

int
app_call_once(struct app *app, const char *op, json_t *args, struct client_reply *r)
{
	char id[REQUEST_ID_LEN + 1];
	struct err err = { 0 };
	int rc;

	app_request_id(id);
	if (args == NULL || json_object_set_new(args, "request_id", json_string(id)) != 0) {
		json_decref(args);
		return app_no_memory();
	}
	rc = client_call(app->client, op, app->token, args, r, &err);
	if (rc == CLIENT_ELOST && (rc = app_reopen(app, &err)) == 0)
		rc = client_call(app->client, op, app->token, args, r, &err);
	if (rc == CLIENT_EINTR && client_fd(app->client) < 0)
		err_set(&err, rc, "interrupted: it is not known whether it was done");
	json_decref(args);
	return judge(app, rc, r, &err);
}
