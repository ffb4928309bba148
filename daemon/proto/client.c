/*
 * client.c - one connection, its bytes out and its lines in.
 *
 * Every request gets the next integer as its id, and answers come in order, so one counter says
 * which answer is due.  The socket is used without blocking and waited for with poll.
 */

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "client.h"
#include "file.h"

#define READ_SIZE ((size_t)64 << 10)

struct client {
	struct sockaddr_un at;
	int fd;			/* -1: not connected */
	int watch;		/* readable: wait no longer; -1: none */
	int ms;			/* to wait for something to come; -1: no limit */
	int64_t next;		/* id of the next request */
	int64_t due;		/* id of the next answer */
	struct buf out;
	struct buf in;
	size_t scanned;		/* bytes of `in` known to hold no LF */
};

void
client_reply_fini(struct client_reply *r)
{
	json_decref(r->root);
	*r = (struct client_reply){ 0 };
}

static void
disconnect(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->due = c->next;
	c->scanned = 0;
	buf_reset(&c->in);
	if (c->out.p != NULL)
		file_forget(c->out.p, c->out.room);
	buf_reset(&c->out);
}

static int
lost(struct client *c, int no, struct err *err)
{
	disconnect(c);
	if (no == 0)
		return err_set(err, CLIENT_ELOST, "the daemon closed the connection");
	return err_sys(err, CLIENT_ELOST, no, "lost the connection to the daemon");
}

static int
dial(struct client *c, struct err *err)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int no;

	if (fd < 0)
		return err_sys(err, CLIENT_ENONE, errno, "cannot make a socket");
	while (connect(fd, (const struct sockaddr *)&c->at, sizeof(c->at)) != 0) {
		if (errno == EINTR)
			continue;
		no = errno;
		close(fd);
		return err_sys(err, CLIENT_ENONE, no, "%s", c->at.sun_path);
	}
	c->fd = fd;
	return 0;
}

int
client_open(const char *path, struct client **out, struct err *err)
{
	struct client *c;
	int rc;

	if (strlen(path) >= sizeof(c->at.sun_path))
		return err_set(err, CLIENT_ENONE, "the socket's path is too long");
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return err_set(err, CLIENT_ENOMEM, "out of memory");
	c->fd = c->watch = c->ms = -1;
	c->at.sun_family = AF_UNIX;
	memcpy(c->at.sun_path, path, strlen(path) + 1);
	c->in.max = WIRE_REPLY_MAX;
	if ((rc = dial(c, err)) != 0) {
		client_close(c);
		return rc;
	}
	*out = c;
	return 0;
}

void
client_close(struct client *c)
{
	if (c == NULL)
		return;
	disconnect(c);
	if (c->in.p != NULL)
		file_forget(c->in.p, c->in.room);
	buf_fini(&c->in);
	buf_fini(&c->out);
	free(c);
}

int
client_reopen(struct client *c, int ms, struct err *err)
{
	struct timespec nap;
	int pause = 20;
	int rc;

	disconnect(c);
	while ((rc = dial(c, err)) != 0 && ms > 0) {
		if (pause > ms)
			pause = ms;
		nap = (struct timespec){ pause / 1000, (long)(pause % 1000) * 1000000 };
		nanosleep(&nap, NULL);
		ms -= pause;
		pause *= 2;
	}
	return rc;
}

/* --- lines in --------------------------------------------------------------------------------- */

/* Take in what has come: 1 when something came, 0 when nothing is there now, or a failure. */
static int
pull(struct client *c, struct err *err)
{
	char *to;
	ssize_t n;

	if ((to = buf_room(&c->in, READ_SIZE)) == NULL) {
		disconnect(c);
		return err_set(err, CLIENT_ENOMEM, "no room for the daemon's answer");
	}
	n = recv(c->fd, to, READ_SIZE, MSG_DONTWAIT);
	if (n > 0) {
		buf_used(&c->in, (size_t)n);
		return 1;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return lost(c, n < 0 ? errno : 0, err);
}

static int
interrupted(struct client *c, struct err *err)
{
	disconnect(c);
	return err_set(err, CLIENT_EINTR, "interrupted");
}

/* Wait until the socket can be read (or, with POLLOUT, written). */
static int
wait_for(struct client *c, short events, struct err *err)
{
	struct pollfd p[2] = { { .fd = c->fd, .events = events },
		{ .fd = c->watch, .events = POLLIN } };
	int n;

	while ((n = poll(p, 2, c->ms)) < 0)
		if (errno != EINTR)
			return err_sys(err, CLIENT_ELOST, errno, "cannot wait for the daemon");
	if (n == 0 || (p[0].revents == 0 && p[1].revents != 0))
		return interrupted(c, err);
	return p[0].revents;
}

static const char *
find_line(struct client *c)
{
	const char *lf = NULL;

	if (c->in.len > c->scanned)
		lf = memchr(c->in.p + c->scanned, '\n', c->in.len - c->scanned);
	if (lf == NULL)
		c->scanned = c->in.len;
	return lf;
}

static int
not_ours(struct client *c, struct err *err, const char *why)
{
	disconnect(c);
	return err_set(err, CLIENT_EWIRE, "this is not coolvecd's protocol: %s", why);
}

/*
 * An error with the id null answers the oldest request too: the daemon could not read its id, or
 * refused the connection before it read anything.
 */
static bool
id_is_due(const struct client *c, const json_t *id, bool ok)
{
	if (json_is_integer(id))
		return json_integer_value(id) == c->due;
	return json_is_null(id) && !ok;
}

static int
read_reply(struct client *c, const char *line, size_t n, struct client_reply *r, struct err *err)
{
	json_t *ok, *e, *name;

	*r = (struct client_reply){ 0 };
	if ((r->root = json_loadb(line, n, JSON_ALLOW_NUL, NULL)) == NULL)
		return not_ours(c, err, "the answer is not JSON");
	ok = json_object_get(r->root, "ok");
	if (!json_is_boolean(ok))
		return not_ours(c, err, "the answer has no \"ok\"");
	if (!id_is_due(c, json_object_get(r->root, "id"), json_is_true(ok)))
		return not_ours(c, err, "the answer's id is not the one that is due");
	if (json_is_true(ok)) {
		if ((r->result = json_object_get(r->root, "result")) == NULL)
			return not_ours(c, err, "the answer has no \"result\"");
		return 0;
	}
	e = json_object_get(r->root, "error");
	name = json_object_get(e, "name");
	r->message = json_string_value(json_object_get(e, "message"));
	r->detail = json_object_get(e, "detail");
	if (!json_is_string(name) || r->message == NULL)
		return not_ours(c, err, "the error has no name or message");
	r->code = wire_code(json_string_value(name));
	if (r->code == WIRE_OK)
		r->code = WIRE_INTERNAL;
	return 0;
}

int
client_recv(struct client *c, struct client_reply *r, struct err *err)
{
	const char *lf;
	size_t n;
	int rc;

	*r = (struct client_reply){ 0 };
	if (c->fd < 0)
		return err_set(err, CLIENT_ELOST, "not connected to the daemon");
	while ((lf = find_line(c)) == NULL) {
		if ((rc = wait_for(c, POLLIN, err)) < 0 || (rc = pull(c, err)) < 0)
			return rc;
	}
	n = (size_t)(lf - c->in.p);
	if ((rc = read_reply(c, c->in.p, n, r, err)) != 0) {
		client_reply_fini(r);
		return rc;
	}
	buf_drop(&c->in, n + 1);
	c->scanned = 0;
	c->due++;
	return 0;
}

/* --- bytes out -------------------------------------------------------------------------------- */

/* The line of a request, in c->out. */
static int
put_request(struct client *c, const char *op, const char *token, json_t *args, struct err *err)
{
	json_t *o = json_pack("{s:I, s:s}", "id", (json_int_t)c->next, "op", op);
	int rc = 0;

	/* Room for a password's request at once, so that growing leaves no copy of it behind. */
	buf_room(&c->out, READ_SIZE);
	if (o == NULL ||
	    (token != NULL && json_object_set_new(o, "token", json_string(token)) != 0) ||
	    (args != NULL && json_object_set(o, "args", args) != 0))
		rc = err_set(err, CLIENT_ENOMEM, "out of memory for a request");
	if (rc == 0 &&
	    (!wire_put(&c->out, o) || !buf_putc(&c->out, '\n')))
		rc = err_set(err, CLIENT_ENOMEM, "out of memory for a request");
	if (rc == 0 && c->out.len - 1 > WIRE_LINE_MAX)
		rc = err_set(err, CLIENT_EBIG, "the request is over %zu MiB", WIRE_LINE_MAX >> 20);
	json_decref(o);
	return rc;
}

/* Write c->out, taking in answers while the daemon does not take more. */
static int
push(struct client *c, struct err *err)
{
	size_t sent = 0;
	ssize_t n;
	int rc;

	while (sent < c->out.len) {
		n = send(c->fd, c->out.p + sent, c->out.len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0) {
			sent += (size_t)n;
			continue;
		}
		if (errno == EPIPE)
			return 0; /* it may have said why before it closed: client_recv will tell */
		if (errno != EAGAIN && errno != EINTR)
			return lost(c, errno, err);
		if ((rc = wait_for(c, POLLIN | POLLOUT, err)) < 0)
			return rc;
		if ((rc & (POLLIN | POLLHUP)) != 0 && (rc = pull(c, err)) < 0)
			return rc;
	}
	return 0;
}

int
client_send(struct client *c, const char *op, const char *token, json_t *args, struct err *err)
{
	struct pollfd watched = { .fd = c->watch, .events = POLLIN };
	int rc;

	if (c->fd < 0)
		return err_set(err, CLIENT_ELOST, "not connected to the daemon");
	if (c->watch >= 0 && poll(&watched, 1, 0) > 0)
		return err_set(err, CLIENT_EINTR, "interrupted");
	if ((rc = put_request(c, op, token, args, err)) == 0 && (rc = push(c, err)) == 0)
		c->next++;
	if (c->out.p != NULL)
		file_forget(c->out.p, c->out.len);
	buf_reset(&c->out);
	return rc;
}

int
client_call(struct client *c, const char *op, const char *token, json_t *args,
    struct client_reply *r, struct err *err)
{
	int rc;

	*r = (struct client_reply){ 0 };
	if ((rc = client_send(c, op, token, args, err)) != 0)
		return rc;
	return client_recv(c, r, err);
}

void
client_watch(struct client *c, int fd, int ms)
{
	c->watch = fd;
	c->ms = ms;
}

bool
client_alive(const struct client *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };

	return c->fd >= 0 && c->next == c->due && poll(&p, 1, 0) == 0;
}

size_t
client_owed(const struct client *c)
{
	return (size_t)(c->next - c->due);
}

int
client_fd(const struct client *c)
{
	return c->fd;
}

bool
client_ready(const struct client *c)
{
	return c->in.len > c->scanned &&
	    memchr(c->in.p + c->scanned, '\n', c->in.len - c->scanned) != NULL;
}
