/*
 * inside.c - a daemon without a socket.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "call.h"
#include "file.h"
#include "indexer.h"
#include "inside.h"
#include "seam.h"

static struct daemon daemon_;
static char data_[512], algorithm[] = "HS256", embedder[] = "local", level[] = "error";
static struct settings settings = { .data = data_, .algorithm = algorithm, .embedder = embedder,
	.log_level = level, .token_minutes = 525600, .embed_dim = 64, .max_connections = 16,
	.grace_seconds = 10, .line_seconds = 30, .idle_seconds = 600, .close_seconds = 300,
	.max_open = 256,
	.workers = 2, .index_threads = 1, .compact_bytes = 1ull << 40,
	.max_line = 16 << 20, .max_values = 4000000, .max_depth = 32, .max_text = 1 << 20,
	.max_batch = 10000, .max_dim = 16000, .max_k = 10000, .max_ef = 10000,
	.max_answer = 64 << 20, .max_reading = 256 << 20, .guesses = 100, .password_kib = 65536,
	.password_passes = 3 };

bool
inside_start(const char *data, struct err *err)
{
	snprintf(data_, sizeof(data_), "%s", data);
	return daemon_start(&settings, &daemon_, err) == 0;
}

void
inside_stop(void)
{
	daemon_stop(&daemon_);
}

static void
answered(struct call *c)
{
	struct asked *a = c->conn;

	if (a->note != 0)
		seam_note(a->note);
	a->reply = c->reply;
	a->nreply = c->nreply;
	c->reply = NULL;
	call_free(c);
	uv_sem_post(&a->done);
}

void
inside_ask(struct asked *a, const char *op, const char *token, json_t *args, uint64_t note)
{
	json_t *request;
	struct call *c;
	char *line;

	seam_spare(true);
	request = json_pack("{s:s, s:O}", "op", op, "args", args);
	*a = (struct asked){ .note = note };
	if (request == NULL || uv_sem_init(&a->done, 0) != 0)
		abort();
	if (token != NULL && token[0] != '\0')
		json_object_set_new(request, "token", json_string(token));
	if ((line = json_dumps(request, JSON_COMPACT)) == NULL)
		abort();
	json_decref(request);
	c = call_new(&daemon_, a, line, strlen(line), answered);
	if (c == NULL)
		abort();
	c->uid = geteuid();
	if (!lane_push(daemon_.work, &c->job))
		abort();
	seam_spare(false);
}

enum wire_code
inside_answer(struct asked *a, json_t **result, char *sentence, size_t n)
{
	json_t *reply, *error;
	enum wire_code code = WIRE_OK;

	*result = NULL;
	uv_sem_wait(&a->done);
	seam_spare(true);
	uv_sem_destroy(&a->done);
	snprintf(sentence, n, "no answer for want of memory");
	if (a->reply == NULL) {		/* the server closes the connection then */
		seam_spare(false);
		return WIRE_UNKNOWN;
	}
	if ((reply = json_loadb(a->reply, a->nreply, 0, NULL)) == NULL) {
		fprintf(stderr, "no JSON: %.*s\n", (int)a->nreply, a->reply);
		abort();
	}
	free(a->reply);
	if ((error = json_object_get(reply, "error")) != NULL) {
		const char *name = json_string_value(json_object_get(error, "name"));

		for (code = WIRE_OK + 1; code < WIRE_NCODES && strcmp(wire_error(code)->name, name) != 0;)
			code++;
		snprintf(sentence, n, "%s: %s", name,
		    json_string_value(json_object_get(error, "message")));
	} else {
		*result = json_incref(json_object_get(reply, "result"));
	}
	json_decref(reply);
	seam_spare(false);
	return code;
}

enum wire_code
inside_call(const char *op, const char *token, json_t *args, json_t **result, char *sentence,
    size_t n)
{
	struct asked a;

	inside_ask(&a, op, token, args, 0);
	return inside_answer(&a, result, sentence, n);
}

void
inside_rest(const char *token, const char *collection)
{
	json_t *args, *stats;
	char sentence[512];
	bool rest = false;

	seam_spare(true);
	args = json_pack("{s:s}", "collection", collection);
	for (int i = 0; i < 2000 && !rest; i++) {
		indexer_kick(daemon_.indexer);
		usleep(500);
		if (inside_call("stats", token, args, &stats, sentence, sizeof(sentence)) != WIRE_OK)
			break;
		rest = json_integer_value(json_object_get(stats, "tail")) == 0 &&
		    json_integer_value(json_object_get(stats, "unlinking")) == 0;
		json_decref(stats);
	}
	indexer_kick(daemon_.indexer);
	usleep(2000);
	json_decref(args);
	seam_spare(false);
}

void
inside_empty(const char *folder)
{
	struct err err;

	if (file_remove_tree(folder, &err) != 0 || file_mkdirs(folder, 0700, &err) != 0)
		abort();
}
