/*
 * conn.c - lines in, answers out, one at a time.
 */

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "conn.h"
#include "embedding.h"
#include "log.h"

#define READ_SIZE ((size_t)64 << 10)
#define AHEAD_MAX ((size_t)64 << 10)	/* read ahead while a call is under way */
#define KEEP_MAX ((size_t)256 << 10)	/* of an empty buffer */

static void next_line(struct conn *c);

static void
free_call(struct conn *c)
{
	call_free(c->call);
	c->call = NULL;
}

/* What the connections hold of requests that are long; a short one is not worth counting. */
static void
count_reading(struct conn *c)
{
	size_t now = c->in.room > AHEAD_MAX ? c->in.room : 0;

	c->d->reading += now - c->counted;
	c->counted = now;
}

/* The handle is closed and no call is out: the connection is no more. */
static void
end_if_done(struct conn *c)
{
	if (!c->closed || c->calling)
		return;
	free_call(c);
	buf_fini(&c->in);
	token_memo_fini(&c->memo);
	count_reading(c);
	c->gone(c);
}

static void
on_closed(uv_handle_t *handle)
{
	struct conn *c = handle->data;

	c->closed = true;
	end_if_done(c);
}

static void
close_conn(struct conn *c)
{
	if (c->state == CONN_CLOSING)
		return;
	c->state = CONN_CLOSING;
	if (!c->calling) {
		uv_close((uv_handle_t *)&c->pipe, on_closed);
		return;
	}
	/* the answer may be being written: the descriptor is nobody else's until the call is back */
	atomic_store(&c->call->gone, true);
	uv_read_stop((uv_stream_t *)&c->pipe);
	shutdown(c->fd, SHUT_RDWR);
}

/* --- writing ----------------------------------------------------------------------------------- */

static void
answered(struct conn *c, int status)
{
	bool hang_up = c->call->hang_up;

	free_call(c);
	if (status < 0 || hang_up) {
		close_conn(c);
		return;
	}
	c->state = CONN_READING;
	c->waiting = daemon_clock();
	next_line(c);
}

static void
on_written(uv_write_t *write, int status)
{
	struct conn *c = write->data;

	if (c->state != CONN_CLOSING)
		answered(c, status);
}

/* What is left of the answer. */
static void
write_reply(struct conn *c)
{
	struct call *call = c->call;
	uv_buf_t b = uv_buf_init(call->reply, (unsigned)call->nreply);

	if (call->reply != NULL && call->sent == call->nreply) {
		answered(c, 0);
		return;
	}
	b.base += call->sent;
	b.len -= call->sent;
	c->state = CONN_WRITING;
	c->waiting = daemon_clock();
	c->write.data = c;
	if (call->reply == NULL ||
	    uv_write(&c->write, (uv_stream_t *)&c->pipe, &b, 1, on_written) != 0)
		close_conn(c);
}

void
conn_write_early(const struct conn *c, struct call *call)
{
	ssize_t n;

	if (call->reply == NULL || c->fd < 0 || atomic_load(&call->gone))
		return;
	n = send(c->fd, call->reply, call->nreply, MSG_DONTWAIT | MSG_NOSIGNAL);
	call->sent = n > 0 ? (size_t)n : 0;	/* what went wrong the loop will meet again */
}

void
conn_answer(struct conn *c)
{
	c->calling = false;
	if (c->state == CONN_CLOSING) {
		uv_close((uv_handle_t *)&c->pipe, on_closed);
		return;
	}
	c->trusted = c->trusted || c->call->trusted;
	write_reply(c);
}

/* An answer that needs no call to be run. */
static void
answer_at_once(struct conn *c, enum wire_code code, const char *sentence)
{
	c->call = call_new(c->d, c, NULL, 0, c->done);
	if (c->call == NULL) {
		close_conn(c);
		return;
	}
	call_fail(c->call, code, "%s", sentence);
	c->call->hang_up = true;
	write_reply(c);
}

/*
 * Has the client closed both ways while its call is under way?  One that has only said that it will
 * send no more still waits for its answer, and the two differ in POLLHUP.
 */
static void
check_gone(struct conn *c)
{
	struct pollfd p = { .events = 0 };

	if (!c->calling || atomic_load(&c->call->gone))
		return;
	p.fd = c->fd;
	if (poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR)) != 0) {
		atomic_store(&c->call->gone, true);
		embedding_sweep(c->d->embedding);
	}
}

/* --- reading ----------------------------------------------------------------------------------- */

static void
start_call(struct conn *c, size_t n)
{
	char *line = malloc(n + 1);

	if (line != NULL)
		memcpy(line, c->in.p, n);
	buf_drop(&c->in, n + 1);
	if (c->in.len == 0 && (c->in.room > KEEP_MAX || c->d->reading > c->d->settings->max_reading / 2))
		buf_fini(&c->in);	/* after a long line, or when memory is short */
	count_reading(c);
	c->scanned = 0;
	c->call = line != NULL ? call_new(c->d, c, line, n, c->done) : NULL;
	if (c->call == NULL) {
		close_conn(c);
		return;
	}
	c->call->uid = c->uid;
	c->call->memo = &c->memo;
	c->state = CONN_CALLING;
	c->calling = true;
	if (!lane_push(c->d->work, &c->call->job)) {
		call_fail(c->call, WIRE_BUSY, "too many requests are waiting");
		conn_answer(c);
	}
}

static void
alloc_read(uv_handle_t *handle, size_t suggested, uv_buf_t *b)
{
	struct conn *c = handle->data;
	char *room = buf_room(&c->in, READ_SIZE);

	(void)suggested;
	*b = uv_buf_init(room, room != NULL ? (unsigned)READ_SIZE : 0);
}

static void
on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
	struct conn *c = stream->data;

	(void)b;
	if (c->state == CONN_CLOSING || n == 0)
		return;
	if (n < 0) {
		c->ended = true;
		uv_read_stop(stream);
		c->reading = false;
		if (n != UV_EOF || c->state == CONN_READING)
			close_conn(c);	/* half a line has no end now */
		else
			check_gone(c);
		return;
	}
	if (c->state == CONN_READING && c->in.len == 0)
		c->waiting = daemon_clock();	/* a line begins; its time is not the idle one */
	buf_used(&c->in, (size_t)n);
	count_reading(c);
	if (c->state == CONN_READING)
		next_line(c);
	else if (c->in.len > AHEAD_MAX) {
		uv_read_stop(stream);
		c->reading = false;
	}
}

static void
read_more(struct conn *c)
{
	if (c->ended) {
		close_conn(c);
		return;
	}
	if (!c->reading && uv_read_start((uv_stream_t *)&c->pipe, alloc_read, on_read) != 0) {
		close_conn(c);
		return;
	}
	c->reading = true;
}

/* Say why not, and hang up. */
static void
refuse_line(struct conn *c, enum wire_code code, const char *sentence)
{
	uv_read_stop((uv_stream_t *)&c->pipe);
	c->reading = false;
	answer_at_once(c, code, sentence);
}

/* Work on the next whole line if there is one, else read on. */
static void
next_line(struct conn *c)
{
	const struct settings *s = c->d->settings;
	char *lf = NULL;
	char why[64];
	size_t n;

	if (c->in.len > c->scanned)
		lf = memchr(c->in.p + c->scanned, '\n', c->in.len - c->scanned);
	c->scanned = c->in.len;
	n = lf != NULL ? (size_t)(lf - c->in.p) : c->in.len;
	if (n > s->max_line) {
		snprintf(why, sizeof(why), "the line is longer than %llu bytes",
		    (unsigned long long)s->max_line);
		refuse_line(c, WIRE_TOO_LARGE, why);
	} else if (lf == NULL && c->counted > 0 && c->d->reading > s->max_reading) {
		refuse_line(c, WIRE_BUSY, "too many long requests are being read");
	} else if (lf != NULL) {
		start_call(c, n);
	} else {
		read_more(c);
	}
}

/* Who connected, as the kernel noted it then. */
static uint32_t
peer_uid(int fd)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0)
		return UINT32_MAX;
	return peer.uid;
}

void
conn_start(struct conn *c)
{
	if (uv_fileno((const uv_handle_t *)&c->pipe, &c->fd) != 0)
		c->fd = -1;
	c->uid = peer_uid(c->fd);
	c->pipe.data = c;
	c->in.secret = true;
	c->in.max = c->d->settings->max_line + 2 * READ_SIZE;
	c->since = c->waiting = daemon_clock();
	c->state = CONN_READING;
	read_more(c);
}

void
conn_refuse(struct conn *c, const char *line)
{
	c->pipe.data = c;
	answer_at_once(c, WIRE_BUSY, line);
}

void
conn_stop(struct conn *c)
{
	if (c->state == CONN_READING)
		close_conn(c);
	else if (c->call != NULL)
		c->call->hang_up = true;
}

void
conn_check_time(struct conn *c, int64_t now)
{
	const struct settings *s = c->d->settings;
	int64_t waited = now - c->waiting;
	bool late = false;

	if (c->state == CONN_READING) {
		late = waited >= (int64_t)(c->in.len > 0 ? s->line_seconds : s->idle_seconds) ||
		    (!c->trusted && now - c->since >= (int64_t)s->grace_seconds);
	} else if (c->state == CONN_WRITING) {
		late = waited >= (int64_t)s->line_seconds;
	} else if (c->state == CONN_CALLING) {
		check_gone(c);
	}
	if (late) {
		log_debug("a connection is closed for having waited %lld s", (long long)waited);
		close_conn(c);
	}
}
