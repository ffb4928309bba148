/*
 * test_client.c - the client against a server that answers by a script.
 *
 * The server is a thread with the other end: it takes one connection after the other and lets the
 * test's function play the daemon on it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client.h"

struct server {
	char path[64];
	int fd;
	pthread_t thread;
	int connections;		/* how many it takes before it ends */
	void (*play)(int fd, int connection);
};

static void *
serve(void *arg)
{
	struct server *s = arg;

	for (int i = 0; i < s->connections; i++) {
		int fd = accept(s->fd, NULL, NULL);
		s->play(fd, i);
		close(fd);
	}
	return NULL;
}

static void
begin(struct server *s, int connections, void (*play)(int fd, int connection))
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	snprintf(s->path, sizeof(s->path), "/tmp/coolvec-client-%d", (int)getpid());
	unlink(s->path);
	memcpy(at.sun_path, s->path, strlen(s->path) + 1);
	s->connections = connections;
	s->play = play;
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(s->fd, 8), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void
end(struct server *s)
{
	pthread_join(s->thread, NULL);
	close(s->fd);
	unlink(s->path);
}

static void
say(int fd, const char *line)
{
	size_t n = strlen(line), at = 0;
	ssize_t w;

	while (at < n && (w = send(fd, line + at, n - at, MSG_NOSIGNAL)) > 0)
		at += (size_t)w;
}

/* Take `n` lines, whatever they are. */
static void
hear(int fd, int n)
{
	char c;

	while (n > 0 && read(fd, &c, 1) == 1)
		n -= c == '\n';
}

static struct client *
dial(const struct server *s)
{
	struct client *c = NULL;

	assert_int_equal(client_open(s->path, &c, NULL), 0);
	return c;
}

static json_int_t
result_of(const struct client_reply *r)
{
	assert_int_equal(r->code, WIRE_OK);
	return json_integer_value(json_object_get(r->result, "n"));
}

/* --- tests ------------------------------------------------------------------------------------ */

static void
answer_three(int fd, int connection)
{
	(void)connection;
	hear(fd, 3);
	say(fd, "{\"id\":0,\"ok\":true,\"result\":{\"n\":10}}\n{\"id\":1,\"ok\":true,");
	say(fd, "\"result\":{\"n\":11}}\n{\"id\":2,\"ok\":false,\"error\":{\"name\":\"not_found\","
	    "\"message\":\"no vector 9\",\"detail\":{\"items\":[]}}}\n");
}

static void
answers_come_in_the_order_of_requests_sent_ahead(void **state)
{
	struct server s;
	struct client *c;
	struct client_reply r;

	(void)state;
	begin(&s, 1, answer_three);
	c = dial(&s);
	for (int i = 0; i < 3; i++)
		assert_int_equal(client_send(c, "count", NULL, NULL, NULL), 0);
	assert_int_equal(client_owed(c), 3);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(client_recv(c, &r, NULL), 0);
		assert_int_equal(result_of(&r), 10 + i);
		client_reply_fini(&r);
	}
	assert_int_equal(client_recv(c, &r, NULL), 0);
	assert_int_equal(r.code, WIRE_NOT_FOUND);
	assert_string_equal(r.message, "no vector 9");
	assert_non_null(r.detail);
	assert_int_equal(client_owed(c), 0);
	client_reply_fini(&r);
	client_close(c);
	end(&s);
}

static void
echo_request(int fd, int connection)
{
	char line[512];
	size_t n = 0;

	(void)connection;
	while (n + 1 < sizeof(line) && read(fd, line + n, 1) == 1 && line[n] != '\n')
		n++;
	line[n] = '\0';
	say(fd, "{\"id\":0,\"ok\":true,\"result\":{\"heard\":");
	say(fd, line);
	say(fd, "}}\n");
}

static void
a_request_has_id_op_token_and_args(void **state)
{
	struct server s;
	struct client *c;
	struct client_reply r;
	json_t *args = json_pack("{s:f}", "x", 0.1);
	char *heard;

	(void)state;
	begin(&s, 1, echo_request);
	c = dial(&s);
	assert_int_equal(client_call(c, "add", "secret", args, &r, NULL), 0);
	heard = json_dumps(json_object_get(r.result, "heard"), JSON_COMPACT | JSON_REAL_PRECISION(9));
	assert_string_equal(heard, "{\"id\":0,\"op\":\"add\",\"token\":\"secret\",\"args\":{\"x\":0.1}}");
	free(heard);
	client_reply_fini(&r);
	json_decref(args);
	client_close(c);
	end(&s);
}

static const char *wrong;

static void
answer_wrongly(int fd, int connection)
{
	(void)connection;
	hear(fd, 1);
	say(fd, wrong);
}

static void
what_is_not_the_protocol_is_refused(void **state)
{
	static const char *const lines[] = {
		"\n", "no json\n", "[]\n", "3\n", "{}\n", "{\"id\":0,\"ok\":1,\"result\":{}}\n",
		"{\"id\":0,\"ok\":true}\n", "{\"id\":1,\"ok\":true,\"result\":{}}\n",
		"{\"id\":\"0\",\"ok\":true,\"result\":{}}\n", "{\"id\":null,\"ok\":true,\"result\":{}}\n",
		"{\"id\":0,\"ok\":false}\n", "{\"id\":0,\"ok\":false,\"error\":[]}\n",
		"{\"id\":0,\"ok\":false,\"error\":{\"name\":\"busy\"}}\n",
		"{\"id\":0,\"ok\":false,\"error\":{\"message\":\"why\"}}\n",
	};
	struct server s;
	struct client *c;
	struct client_reply r;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		wrong = lines[i];
		begin(&s, 1, answer_wrongly);
		c = dial(&s);
		assert_int_equal(client_call(c, "count", NULL, NULL, &r, &err), CLIENT_EWIRE);
		assert_null(r.root);
		assert_int_equal(client_fd(c), -1);
		assert_int_equal(client_send(c, "count", NULL, NULL, &err), CLIENT_ELOST);
		client_close(c);
		end(&s);
	}
}

static void
an_error_called_ok_is_still_an_error(void **state)
{
	struct server s;
	struct client *c;
	struct client_reply r;

	(void)state;
	wrong = "{\"id\":0,\"ok\":false,\"error\":{\"name\":\"ok\",\"message\":\"odd\"}}\n";
	begin(&s, 1, answer_wrongly);
	c = dial(&s);
	assert_int_equal(client_call(c, "count", NULL, NULL, &r, NULL), 0);
	assert_int_equal(r.code, WIRE_INTERNAL);
	client_reply_fini(&r);
	client_close(c);
	end(&s);
}

static void
answer_half(int fd, int connection)
{
	hear(fd, 1);
	if (connection == 0)
		say(fd, "{\"id\":0,\"ok\":true,\"resu");
	else
		say(fd, "{\"id\":1,\"ok\":true,\"result\":{\"n\":7}}\n");
}

static void
a_lost_connection_is_told_and_made_anew(void **state)
{
	struct server s;
	struct client *c;
	struct client_reply r;
	struct err err;

	(void)state;
	begin(&s, 2, answer_half);
	c = dial(&s);
	assert_int_equal(client_call(c, "count", NULL, NULL, &r, &err), CLIENT_ELOST);
	assert_int_equal(client_owed(c), 0);
	assert_int_equal(client_reopen(c, 1000, &err), 0);
	assert_int_equal(client_call(c, "count", NULL, NULL, &r, &err), 0);
	assert_int_equal(result_of(&r), 7);
	client_reply_fini(&r);
	client_close(c);
	end(&s);
	assert_int_equal(client_open(s.path, &c, &err), CLIENT_ENONE);
}

static void
refuse_and_close(int fd, int connection)
{
	(void)connection;
	say(fd, "{\"id\":null,\"ok\":false,\"error\":{\"name\":\"busy\",\"message\":\"full\"}}\n");
	shutdown(fd, SHUT_RDWR);
}

static void
an_error_said_before_the_close_is_heard(void **state)
{
	struct server s;
	struct client *c;
	struct client_reply r;

	(void)state;
	begin(&s, 1, refuse_and_close);
	c = dial(&s);
	pthread_join(s.thread, NULL);	/* it has closed by now */
	assert_int_equal(client_call(c, "count", NULL, NULL, &r, NULL), 0);
	assert_int_equal(r.code, WIRE_BUSY);
	client_reply_fini(&r);
	client_close(c);
	close(s.fd);
	unlink(s.path);
}

#define AHEAD 40
#define LONG ((size_t)200000)

/* Each answer is long, and the next request is read only when it was written. */
static void
answer_at_length(int fd, int connection)
{
	char *line = malloc(LONG + 128);
	int n;

	(void)connection;
	for (int i = 0; i < AHEAD; i++) {
		hear(fd, 1);
		n = snprintf(line, 128, "{\"id\":%d,\"ok\":true,\"result\":{\"n\":%d,\"s\":\"", i, i);
		memset(line + n, 'x', LONG);
		snprintf(line + (size_t)n + LONG, 8, "\"}}\n");
		say(fd, line);
	}
	free(line);
}

static void
sending_ahead_does_not_deadlock_with_long_answers(void **state)
{
	struct server s;
	struct client *c;
	struct client_reply r;
	char *text = malloc(LONG + 1);
	json_t *args;

	(void)state;
	memset(text, 'y', LONG);
	text[LONG] = '\0';
	args = json_pack("{s:s}", "text", text);
	begin(&s, 1, answer_at_length);
	c = dial(&s);
	for (int i = 0; i < AHEAD; i++)
		assert_int_equal(client_send(c, "embed", NULL, args, NULL), 0);
	assert_true(client_ready(c));
	for (int i = 0; i < AHEAD; i++) {
		assert_int_equal(client_recv(c, &r, NULL), 0);
		assert_int_equal(result_of(&r), i);
		client_reply_fini(&r);
	}
	assert_false(client_ready(c));
	json_decref(args);
	free(text);
	client_close(c);
	end(&s);
}

static void
a_request_over_the_limit_is_not_sent(void **state)
{
	struct server s;
	struct client *c;
	struct client_reply r;
	struct err err;
	char *text = calloc(1, WIRE_LINE_MAX + 1);
	json_t *args;

	(void)state;
	memset(text, 'y', WIRE_LINE_MAX);
	args = json_pack("{s:s}", "text", text);
	begin(&s, 1, echo_request);
	c = dial(&s);
	assert_int_equal(client_call(c, "add", NULL, args, &r, &err), CLIENT_EBIG);
	assert_int_equal(client_owed(c), 0);
	/* the connection is as good as before */
	assert_int_equal(client_call(c, "count", NULL, NULL, &r, &err), 0);
	client_reply_fini(&r);
	json_decref(args);
	free(text);
	client_close(c);
	end(&s);
}

static void
a_path_that_is_too_long_is_refused(void **state)
{
	char path[200];
	struct client *c;
	struct err err;

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(client_open(path, &c, &err), CLIENT_ENONE);
	client_close(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_in_the_order_of_requests_sent_ahead),
		cmocka_unit_test(a_request_has_id_op_token_and_args),
		cmocka_unit_test(what_is_not_the_protocol_is_refused),
		cmocka_unit_test(an_error_called_ok_is_still_an_error),
		cmocka_unit_test(a_lost_connection_is_told_and_made_anew),
		cmocka_unit_test(an_error_said_before_the_close_is_heard),
		cmocka_unit_test(sending_ahead_does_not_deadlock_with_long_answers),
		cmocka_unit_test(a_request_over_the_limit_is_not_sent),
		cmocka_unit_test(a_path_that_is_too_long_is_refused),
	};

	return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
