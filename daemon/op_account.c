/*
 * op_account.c - users, passwords, sessions.
 *
 * What hashes goes to the password lane, which has two threads and so takes at most twice 64 MiB;
 * the names and passwords are copied for the way, and wiped after it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "file.h"
#include "log.h"
#include "ops.h"
#include "password.h"
#include "space.h"

struct account_job {
	struct lane_job job;
	struct call *call;
	void (*run)(struct account_job *job);
	char username[256 + 1];
	char password[WIRE_PASSWORD_MAX + 1];
	char new_password[WIRE_PASSWORD_MAX + 1];
};

void
account_run(void *arg, struct lane_job *lane_job)
{
	struct account_job *job = (struct account_job *)(void *)lane_job;
	struct call *c = job->call;

	(void)arg;
	job->run(job);
	file_forget(job, sizeof(*job));
	free(job);
	call_finish(c);
}

static int
push(struct call *c, void (*run)(struct account_job *job), const char *username,
    const char *password, const char *new_password)
{
	struct account_job *job = calloc(1, sizeof(*job));

	if (job == NULL) {
		call_fail(c, WIRE_INTERNAL, "no memory for the request");
		return CALL_DONE;
	}
	job->call = c;
	job->run = run;
	snprintf(job->username, sizeof(job->username), "%s", username);
	snprintf(job->password, sizeof(job->password), "%s", password);
	snprintf(job->new_password, sizeof(job->new_password), "%s",
	    new_password != NULL ? new_password : "");
	if (lane_push(c->d->password, &job->job))
		return CALL_LATER;
	file_forget(job, sizeof(*job));
	free(job);
	call_fail(c, WIRE_BUSY, "too many passwords are waiting");
	return CALL_DONE;
}

static void
run_register(struct account_job *job)
{
	struct call *c = job->call;
	char hash[PASSWORD_HASH_MAX];
	struct meta_txn *t;
	struct err err;
	uint64_t id;
	int rc;

	if (password_hash(job->password, strlen(job->password), hash, &err) != 0) {
		call_fail(c, WIRE_INTERNAL, "%s", err.text);
		return;
	}
	if ((rc = meta_begin(c->d->meta, &t, &err)) == 0) {
		if ((rc = meta_user_add(t, job->username, hash, daemon_now(), &id, &err)) == 0)
			rc = meta_commit(t, &err);
		else
			meta_rollback(t);
	}
	if (rc == META_EXISTS)
		call_fail(c, WIRE_EXISTS, "there is a user %s already", job->username);
	else if (rc != 0)
		call_fail_meta(c, rc, &err);
	else
		call_reply(c, json_pack("{s:s}", "username", job->username));
}

int
op_register(struct call *c, json_t *args)
{
	return push(c, run_register, args_string(args, "username"), args_string(args, "password"),
	    NULL);
}

/* A new session of `user`, as a row and as a token.  0, or -1 with the call failed. */
static int
make_session(struct call *c, const struct meta_user *user, struct token *token, char **text)
{
	int64_t now = daemon_now();
	unsigned char raw[TOKEN_SID_LEN / 2];
	struct meta_txn *t;
	struct err err;
	int rc;

	file_random(raw, sizeof(raw));
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(token->sid + 2 * i, 3, "%02x", raw[i]);
	snprintf(token->username, sizeof(token->username), "%s", user->name);
	token->issued = now;
	token->expires = now + 60 * (int64_t)c->d->settings->token_minutes;
	if (token_make(&c->d->token_key, token, text, &err) != 0) {
		call_fail(c, WIRE_INTERNAL, "%s", err.text);
		return -1;
	}
	if ((rc = meta_begin(c->d->meta, &t, &err)) == 0) {
		if ((rc = meta_session_expire(t, now, &err)) == 0 &&
		    (rc = meta_session_add(t, token->sid, user->id, token->expires, &err)) == 0)
			rc = meta_commit(t, &err);
		else
			meta_rollback(t);
	}
	if (rc != 0)
		call_fail_meta(c, rc, &err);
	return rc == 0 ? 0 : -1;
}

/*
 * Do name and password belong together?  An unknown name takes as long and sounds the same.  0, or
 * -1 with the call failed.
 */
static int
check(struct call *c, const char *username, const char *password, struct meta_user *user)
{
	char *hash = NULL;
	struct err err;
	bool ok;
	int rc;

	rc = meta_user_find(c->d->meta, username, user, &hash, &err);
	if (rc < 0) {
		call_fail_meta(c, rc, &err);
		return -1;
	}
	rc = password_check(hash, password, strlen(password), &ok, &err);
	free(hash);
	if (rc != 0) {
		log_error("%s", err.text);
		call_fail(c, WIRE_INTERNAL, "%s", err.text);
		return -1;
	}
	if (!ok) {
		call_fail(c, WIRE_BAD_CREDENTIALS, "username and password do not match");
		return -1;
	}
	return 0;
}

static void
run_login(struct account_job *job)
{
	struct call *c = job->call;
	struct meta_user user;
	struct token token;
	char *text = NULL;

	if (check(c, job->username, job->password, &user) == 0 &&
	    make_session(c, &user, &token, &text) == 0) {
		c->trusted = true;
		call_reply(c, json_pack("{s:s, s:s, s:I}", "access_token", text, "token_type", "bearer",
		    "expires_in", (json_int_t)(token.expires - token.issued)));
	}
	if (text != NULL)
		file_forget(text, strlen(text));
	free(text);
}

int
op_login(struct call *c, json_t *args)
{
	return push(c, run_login, args_string(args, "username"), args_string(args, "password"), NULL);
}

static void
run_passwd(struct account_job *job)
{
	struct call *c = job->call;
	char hash[PASSWORD_HASH_MAX];
	struct meta_user user;
	struct meta_txn *t;
	struct err err;
	int rc;

	if (check(c, job->username, job->password, &user) != 0)
		return;
	if (password_hash(job->new_password, strlen(job->new_password), hash, &err) != 0) {
		call_fail(c, WIRE_INTERNAL, "%s", err.text);
		return;
	}
	if ((rc = meta_begin(c->d->meta, &t, &err)) == 0) {
		if ((rc = meta_user_set_password(t, user.id, hash, &err)) == 0 &&
		    (rc = meta_session_end_user(t, user.id, &err)) == 0)
			rc = meta_commit(t, &err);
		else
			meta_rollback(t);
	}
	if (rc != 0)
		call_fail_meta(c, rc, &err);
	else
		call_reply(c, json_pack("{s:s}", "username", user.name));
}

int
op_passwd(struct call *c, json_t *args)
{
	return push(c, run_passwd, c->user.name, args_string(args, "old_password"),
	    args_string(args, "new_password"));
}

int
op_logout(struct call *c, json_t *args)
{
	struct meta_txn *t;
	struct err err;
	int rc;

	(void)args;
	if ((rc = meta_begin(c->d->meta, &t, &err)) == 0) {
		rc = meta_session_end(t, c->token.sid, &err);
		if (rc == 0)
			rc = meta_commit(t, &err);
		else
			meta_rollback(t);
	}
	if (rc == META_NONE)
		call_fail(c, WIRE_UNAUTHENTICATED, "the session is over: log in again");
	else if (rc != 0)
		call_fail_meta(c, rc, &err);
	else
		call_reply(c, json_pack("{s:s}", "username", c->user.name));
	return CALL_DONE;
}

int
op_whoami(struct call *c, json_t *args)
{
	(void)args;
	call_reply(c, json_pack("{s:s, s:I, s:I}", "username", c->user.name, "created",
	    (json_int_t)c->user.created, "expires_in",
	    (json_int_t)(c->token.expires - daemon_now())));
	return CALL_DONE;
}

int
op_prefs(struct call *c, json_t *args)
{
	const char *metric = args_string(args, "metric"), *name = args_string(args, "collection");
	struct meta_collection info;
	struct meta_txn *t;
	struct err err;
	int rc;

	/* the preferred one must be there, or be one that is made when it is used */
	if (name != NULL && call_collection(c, args, &info) != 0)
		return CALL_DONE;
	if (metric != NULL || name != NULL) {
		if ((rc = meta_begin(c->d->meta, &t, &err)) == 0) {
			if ((rc = meta_user_set_prefs(t, c->user.id, metric, name, &err)) == 0)
				rc = meta_commit(t, &err);
			else
				meta_rollback(t);
		}
		if (rc != 0) {
			call_fail_meta(c, rc, &err);
			return CALL_DONE;
		}
	}
	call_reply(c, json_pack("{s:s, s:s}", "metric", metric != NULL ? metric : c->user.metric,
	    "collection", name != NULL ? name : c->user.collection));
	return CALL_DONE;
}
