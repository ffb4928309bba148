/*
 * call.c - from a line to an operation, and from its outcome to a line.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "call.h"
#include "file.h"
#include "log.h"
#include "ops.h"
#include "vec.h"

#define RUNS_MAX 16	/* generations do not change so often */

struct call *
call_new(struct daemon *d, void *conn, char *line, size_t nline, void (*done)(struct call *c))
{
	struct call *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		free(line);
		return NULL;
	}
	c->d = d;
	c->conn = conn;
	c->line = line;
	c->nline = nline;
	c->done = done;
	c->began = metrics_clock();
	c->op = METRICS_OPS_MAX;
	c->uid = UINT32_MAX;
	snprintf(c->id, sizeof(c->id), "null");
	return c;
}

/* A line may hold a password, a reply a token. */
void
call_free(struct call *c)
{
	if (c == NULL)
		return;
	if (c->line != NULL)
		file_forget(c->line, c->nline);
	call_embed_forget(c);
	free(c->line);
	if (c->reply != NULL && c->nreply < 4096)
		file_forget(c->reply, c->nreply);
	free(c->reply);
	free(c);
}

void
call_finish(struct call *c)
{
	metrics_call(&c->d->metrics, c->op, c->code, c->began);
	c->done(c);
}

/* What is left to say when there is no memory to say anything. */
static void
set_reply(struct call *c, json_t *reply)
{
	static const char *const bare = "{\"id\":%s,\"ok\":false,\"error\":{\"name\":\"internal\","
					"\"message\":\"no memory for the answer\"}}\n";

	free(c->reply);
	c->reply = reply != NULL ? wire_dump(reply, &c->nreply) : NULL;
	json_decref(reply);
	if (c->reply == NULL) {
		int n = asprintf(&c->reply, bare, c->id);

		c->nreply = n > 0 ? (size_t)n : 0;
		if (n <= 0)
			c->reply = NULL;	/* the loop closes the connection then */
	}
}

/* The id as it came; it was checked to be short. */
static json_t *
id_json(const struct call *c)
{
	return json_loads(c->id, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
}

void
call_reply(struct call *c, json_t *result)
{
	json_t *reply = NULL;

	c->code = result != NULL ? WIRE_OK : WIRE_INTERNAL;
	if (result != NULL)
		reply = json_pack("{s:o, s:b, s:o}", "id", id_json(c), "ok", 1, "result", result);
	set_reply(c, reply);
}

json_t *
call_sentence(const char *s)
{
	json_t *sentence = json_string(s);
	char *copy;

	if (sentence != NULL || (copy = strdup(s)) == NULL)
		return sentence;
	for (char *p = copy; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	sentence = json_string(copy);
	free(copy);
	return sentence;
}

static void
fail(struct call *c, enum wire_code code, json_t *detail, const char *fmt, va_list ap)
{
	json_t *reply;
	char *message;

	c->code = code;
	if (vasprintf(&message, fmt, ap) < 0)
		message = NULL;
	reply = json_pack("{s:o, s:b, s:{s:s, s:o*, s:o*}}", "id", id_json(c), "ok", 0, "error",
	    "name", wire_error(code)->name, "message",
	    message != NULL ? call_sentence(message) : NULL, "detail", detail);
	free(message);
	set_reply(c, reply);
}

void
call_fail(struct call *c, enum wire_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail(c, code, NULL, fmt, ap);
	va_end(ap);
}

void
call_fail_detail(struct call *c, enum wire_code code, json_t *detail, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail(c, code, detail, fmt, ap);
	va_end(ap);
}

bool
call_charge(struct call *c, size_t n)
{
	if (n <= c->d->settings->max_answer - c->charged) {
		c->charged += n;
		return true;
	}
	call_fail(c, WIRE_TOO_LARGE, "the answer would have more than %llu bytes of texts: ask for"
	    " fewer items at once", (unsigned long long)c->d->settings->max_answer);
	return false;
}

enum wire_code
call_code_meta(int rc)
{
	switch (rc) {
	case META_NONE: return WIRE_NOT_FOUND;
	case META_EXISTS: return WIRE_EXISTS;
	case META_ENOSPC: return WIRE_NO_SPACE;
	case META_EUNAVAILABLE: return WIRE_UNAVAILABLE;
	case META_EUNKNOWN: return WIRE_UNKNOWN;
	default: return WIRE_INTERNAL;
	}
}

enum wire_code
call_code_vec(int rc)
{
	switch (rc) {
	case VEC_EDIM: return WIRE_DIMENSION_MISMATCH;
	case VEC_EVALUE: return WIRE_BAD_REQUEST;
	case VEC_ENOSPC: return WIRE_NO_SPACE;
	case VEC_EFULL: return WIRE_NO_SPACE;
	case VEC_EREADONLY: return WIRE_READ_ONLY;
	case VEC_ENOTFOUND: return WIRE_NOT_FOUND;
	default: return WIRE_INTERNAL;
	}
}

enum wire_code
call_code_embed(int rc)
{
	switch (rc) {
	case EMBED_EINVAL: return WIRE_BAD_REQUEST;
	case EMBED_EUNAVAILABLE: return WIRE_EMBEDDER_UNAVAILABLE;
	case EMBED_ERATE: return WIRE_RATE_LIMITED;
	default: return WIRE_INTERNAL;
	}
}

void
call_fail_meta(struct call *c, int rc, const struct err *err)
{
	/* that the database is away was said once, when it went */
	if (rc < 0 && rc != META_EUNAVAILABLE)
		log_error("metadata: %s", err->text);
	call_fail(c, call_code_meta(rc), "%s", err->text);
}

void
call_fail_vec(struct call *c, int rc, const char *message)
{
	call_fail(c, call_code_vec(rc), "%s", message);
}

/* The id that is echoed: short, a string or an integer. */
static int
take_id(struct call *c, json_t *root)
{
	json_t *id = json_object_get(root, "id");
	char text[sizeof(c->id)];
	size_t n;

	if (id == NULL || json_is_null(id))
		return 0;
	if (!json_is_integer(id) &&
	    !(json_is_string(id) && json_string_length(id) <= WIRE_ID_MAX)) {
		call_fail(c, WIRE_BAD_REQUEST, "id is neither an integer nor a string of at most %d"
		    " bytes", WIRE_ID_MAX);
		return -1;
	}
	n = json_dumpb(id, text, sizeof(text) - 1, JSON_ENCODE_ANY | JSON_COMPACT);
	if (n == 0 || n >= sizeof(text)) {
		call_fail(c, WIRE_BAD_REQUEST, "id is too long");
		return -1;
	}
	text[n] = '\0';
	memcpy(c->id, text, n + 1);
	return 0;
}

static int
read_token(struct call *c, const json_t *token, struct err *err)
{
	const char *text = json_string_value(token);
	size_t n = json_string_length(token);

	if (c->memo != NULL && token_recall(c->memo, text, n, daemon_now(), &c->token))
		return 0;
	if (token_read(&c->d->keys.now, text, n, daemon_now(), &c->token, err) != 0)
		return -1;
	if (c->memo != NULL)
		token_remember(c->memo, text, n, &c->token);
	return 0;
}

/* A token opens its session, and a session names its user. */
static int
authenticate(struct call *c, const json_t *root)
{
	const json_t *token = json_object_get(root, "token");
	struct err err;
	int rc;

	if (token == NULL || json_is_null(token)) {
		call_fail(c, WIRE_UNAUTHENTICATED, "no token: log in first");
		return -1;
	}
	if (!json_is_string(token)) {
		call_fail(c, WIRE_BAD_REQUEST, "token is not a string");
		return -1;
	}
	if (read_token(c, token, &err) != 0) {
		call_fail(c, WIRE_UNAUTHENTICATED, "%s", err.text);
		return -1;
	}
	rc = meta_session_user(c->d->meta, c->token.sid, daemon_now(), &c->user, &err);
	if (rc < 0) {
		call_fail_meta(c, rc, &err);
		return -1;
	}
	if (rc == META_NONE || strcmp(c->user.name, c->token.username) != 0) {
		call_fail(c, WIRE_UNAUTHENTICATED, "the session is over: log in again");
		return -1;
	}
	c->trusted = true;
	return 0;
}

/* A token beside an operation that needs none says who was here before, if it ever was good. */
static void
recognise(struct call *c, const json_t *root)
{
	const json_t *token = json_object_get(root, "token");
	struct err err;

	if (!json_is_string(token) || token_read_expired(&c->d->keys.now, json_string_value(token),
		json_string_length(token), daemon_now(), &c->token, &err) != 0)
		c->token = (struct token){ 0 };
}

static int
dispatch(struct call *c, json_t *root)
{
	json_t *args = json_object_get(root, "args");
	const json_t *op_name = json_object_get(root, "op");
	const char *name = json_string_value(op_name);
	const struct op *op;
	enum wire_code code;
	const char *member;
	char why[256];
	json_t *v;
	int rc = CALL_DONE;

	json_object_foreach(root, member, v)
		if (strcmp(member, "id") != 0 && strcmp(member, "op") != 0 &&
		    strcmp(member, "token") != 0 && strcmp(member, "args") != 0) {
			call_fail(c, WIRE_BAD_REQUEST, "unknown member \"%.64s\"", member);
			return CALL_DONE;
		}
	if (name == NULL) {
		call_fail(c, WIRE_BAD_REQUEST, "op is missing or not a string");
		return CALL_DONE;
	}
	if (strlen(name) != json_string_length(op_name) || (op = op_find(name)) == NULL) {
		call_fail(c, WIRE_UNKNOWN_OP, "there is no operation \"%.64s\"", name);
		return CALL_DONE;
	}
	c->op = (size_t)(op - ops);
	/* it was let in before it waited for vectors */
	if (!op->open && c->embedded == NULL && authenticate(c, root) != 0)
		return CALL_DONE;
	if (op->open)
		recognise(c, root);
	if (args != NULL && !json_is_object(args)) {
		call_fail(c, WIRE_BAD_REQUEST, "args is not an object");
		return CALL_DONE;
	}
	args = args != NULL ? json_incref(args) : json_object();
	if (args == NULL)
		call_fail(c, WIRE_INTERNAL, "no memory for the request");
	else if ((code = args_check(args, op->args, c->d->settings, why, sizeof(why))) != WIRE_OK)
		call_fail(c, code, "%s", why);
	else
		rc = op->run(c, args);
	json_decref(args);
	return rc;
}

/*
 * What was found in a collection whose place another generation took meanwhile may mix the two: such a
 * call has changed nothing and is run again.
 */
static int
run(struct call *c, json_t *root)
{
	int rc = CALL_DONE, runs = 0;

	do {
		c->stale = false;
		rc = dispatch(c, root);
	} while (rc == CALL_DONE && c->stale && ++runs < RUNS_MAX);
	return rc;
}

void
call_run(struct call *c)
{
	char why[256];
	const struct settings *s = c->d->settings;
	struct wire_bounds bounds = { s->max_depth, s->max_values };
	enum wire_code code;
	json_t *root = wire_parse_within(c->line, c->nline, &bounds, &code, why, sizeof(why));
	int rc = CALL_DONE;

	if (root == NULL)
		call_fail(c, code, "%s", why);
	else if (take_id(c, root) == 0)
		rc = run(c, root);
	json_decref(root);
	if (rc != CALL_DONE)
		return;		/* somebody else has it, or has freed it already */
	if (c->wants != NULL)
		call_embed(c);
	else
		call_finish(c);
}
